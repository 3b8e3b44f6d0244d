import { KdError } from '@kd/core'
import type { io } from '@tensorflow/tfjs-core'
import * as z from 'zod'

/** Bytes of a number, by its type or by that which it was reduced to. */
const sizes = { float32: 4, int32: 4, bool: 1, float16: 2, uint16: 2, uint8: 1 } as const
const dtype = z.enum(['float32', 'int32', 'bool'])

const manifestSchema = z
  .array(
    z.object({
      weights: z.array(
        z.object({
          name: z.string().max(1000),
          shape: z.array(z.int().min(0)).max(16),
          dtype,
          quantization: z
            .object({
              dtype: z.enum(['float16', 'uint16', 'uint8']),
              min: z.number().optional(),
              scale: z.number().optional(),
            })
            .optional(),
        }),
      ),
    }),
  )
  .max(100_000)

/** What a `weights.bin` holds. */
export interface SavedWeights {
  readonly specs: io.WeightsManifestEntry[]
  /** In all of them. */
  readonly numbers: number
}

/**
 * Checks what a `model.json` says of its weights.
 *
 * @param manifest - its `weightsManifest`
 * @param bytes - of `weights.bin`
 * @throws {@link KdError} when it says something else than there is
 */
export function savedWeights(manifest: unknown, bytes: number): SavedWeights {
  const { data, error } = manifestSchema.safeParse(manifest)
  if (data === undefined) {
    const { path, message } = error.issues[0]!
    throw new KdError(
      `weightsManifest${path.map((key) => `.${String(key)}`).join('')}: ${message.slice(0, 300)}`,
    )
  }
  const specs = data.flatMap(({ weights }) => weights)
  const names = new Set<string>()
  let [numbers, wanted] = [0, 0]
  for (const { name, shape, quantization, dtype: type } of specs) {
    if (names.has(name)) throw new KdError(`each weight must be there once, got ${name} twice`)
    names.add(name)
    const size = shape.reduce((product, length) => product * length, 1)
    numbers += size
    wanted += size * sizes[quantization?.dtype ?? type]
  }
  if (wanted !== bytes) throw new KdError(`weights.bin must have ${wanted} bytes, got ${bytes}`)
  return { specs: specs as io.WeightsManifestEntry[], numbers }
}
