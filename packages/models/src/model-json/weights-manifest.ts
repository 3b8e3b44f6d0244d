import { KdError } from '@kd/core'
import type { io } from '@tensorflow/tfjs-core'
import * as z from 'zod/mini'

/** Bytes of a number, by its type or by that which it was reduced to. */
const sizes = { float32: 4, int32: 4, bool: 1, float16: 2, uint16: 2, uint8: 1 } as const

const size = z.int().check(z.minimum(0))
const manifestSchema = z
  .array(
    z.object({
      paths: z.optional(z.array(z.string().check(z.maxLength(1000))).check(z.maxLength(100_000))),
      weights: z.array(
        z.object({
          name: z.string().check(z.maxLength(1000)),
          shape: z.array(size).check(z.maxLength(16)),
          dtype: z.enum(['float32', 'int32', 'bool']),
          quantization: z.optional(
            z.object({
              dtype: z.enum(['float16', 'uint16', 'uint8']),
              min: z.optional(z.number()),
              scale: z.optional(z.number()),
            }),
          ),
        }),
      ),
    }),
  )
  .check(z.maxLength(100_000))

/** Weights that lie one behind the other in the files that are joined. */
export interface WeightGroup {
  /** The files, as the manifest names them. Nobody has checked where they lead. */
  readonly paths: readonly string[]
  readonly specs: readonly io.WeightsManifestEntry[]
  /** What the files must hold together. */
  readonly bytes: number
}

/** What a `model.json` says of its weights. */
export interface WeightsManifest {
  readonly groups: readonly WeightGroup[]
  /** The sum over all groups. */
  readonly specs: io.WeightsManifestEntry[]
  /** How many numbers all weights have. */
  readonly numbers: number
  /** What all files must hold together. */
  readonly bytes: number
}

/**
 * Checks what a `model.json` says of its weights.
 *
 * @param manifest - its `weightsManifest`
 * @returns the weights in groups
 * @throws {@link KdError} when it is no manifest, or names a weight twice
 */
export function weightsManifest(manifest: unknown): WeightsManifest {
  const { data, error } = manifestSchema.safeParse(manifest)
  if (data === undefined) {
    const { path, message } = error.issues[0]!
    throw new KdError(
      `weightsManifest${path.map((key) => `.${String(key)}`).join('')}: ${message.slice(0, 300)}`,
    )
  }
  const groups = data.map(({ paths = [], weights }) => ({
    paths,
    specs: weights as io.WeightsManifestEntry[],
    bytes: weights.reduce(
      (sum, { shape, quantization, dtype }) => sum + numbersIn(shape) * sizes[quantization?.dtype ?? dtype],
      0,
    ),
  }))
  const specs = groups.flatMap((group) => group.specs)
  const names = new Set<string>()
  for (const { name } of specs) {
    if (names.has(name)) throw new KdError(`each weight must be there once, got ${name} twice`)
    names.add(name)
  }
  return {
    groups,
    specs,
    numbers: specs.reduce((sum, { shape }) => sum + numbersIn(shape), 0),
    bytes: groups.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

function numbersIn(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
