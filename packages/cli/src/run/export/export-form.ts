import { UsageError } from '../../config/usage-error.js'

/** Where a student can go, and the weights that it can have there. */
const weightsOf = {
  onnx: ['float32', 'float16', 'int8', 'int8-static'],
  tfjs: ['float32', 'float16', 'int8'],
  safetensors: ['float32', 'float16'],
} as const satisfies Record<string, readonly string[]>

/** A format of `kd export`. */
export type ExportFormat = keyof typeof weightsOf

/** How the weights of an export are kept; with `int8-static` the runtime also computes in integers. */
export type ExportWeights = (typeof weightsOf)['onnx'][number]

/** One thing that is exported. */
export interface ExportForm {
  readonly format: ExportFormat
  readonly weights: ExportWeights
}

/**
 * Lists what is to be exported: each format with those of the weights that it has.
 *
 * @param formats - at least one
 * @param weights - at least one
 * @returns the forms, format by format
 * @throws {@link UsageError} for a name that there is not, and for a format that has none of the weights
 */
export function exportForms(formats: readonly string[], weights: readonly string[]): ExportForm[] {
  assertKnown(formats, Object.keys(weightsOf), 'to')
  assertKnown(weights, weightsOf.onnx, 'weights')
  return [...new Set(formats as ExportFormat[])].flatMap((format) => {
    const possible: readonly ExportWeights[] = weightsOf[format]
    const wanted = possible.filter((name) => weights.includes(name))
    if (wanted.length > 0) return wanted.map((name) => ({ format, weights: name }))
    throw new UsageError(
      `${format} must have weights of ${possible.join(', ')}, got ${weights.join(', ')}`,
      'choose others with --weights, or leave the format out',
    )
  })
}

function assertKnown(names: readonly string[], known: readonly string[], what: string): void {
  const wrong = names.find((name) => !known.includes(name))
  if (names.length > 0 && wrong === undefined) return
  throw new UsageError(`--${what} must be of ${known.join(', ')}, got ${wrong ?? 'none'}`)
}
