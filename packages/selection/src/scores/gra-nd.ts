import { ShapeError } from '@kd/core'
import { assertFinite, readTable, type Table } from '../examples/table.js'
import { residualLengths, type ResidualOptions } from './score-rows.js'

/** Options of {@link graNd}. */
export interface GraNdOptions extends ResidualOptions {
  /** [N, D] the inputs of the last layer, without the 1 that its bias is multiplied by. */
  readonly features: Table
}

/**
 * GraNd: the length of the gradient of each example's loss, here in the last layer's weights and bias.
 *
 *     score_i = |p_i - y_i| * |[features_i, 1]|
 *
 * A high score marks an example that is hard or mislabelled. It is meant for a model early in its training. The published form takes all
 * weights, and the mean over several initial weights.
 *
 * @param options - logits [N, C], labels [N], features [N, D], and a teacher for the loss of distillation
 * @returns [N] >= 0
 * @throws as {@link el2n}
 *
 * @example
 * ```ts
 * import { graNd } from '@kd/selection'
 *
 * const scores = await graNd({
 *   logits: { values: Float32Array.of(2, 0, 2, 0), shape: [2, 2] },
 *   features: { values: Float32Array.of(0, Math.sqrt(3)), shape: [2, 1] },
 *   labels: [0, 0],
 * })
 * console.log((scores[1]! / scores[0]!).toFixed(4)) // 2.0000
 * ```
 *
 * @see Paul, Ganguli, Dziugaite: Deep Learning on a Data Diet, NeurIPS 2021
 */
export async function graNd({ features, ...options }: GraNdOptions): Promise<Float64Array> {
  const lengths = await residualLengths(options, 'graNd')
  const table = await readTable(features, 'features', 'graNd')
  assertFinite(table, 'features', 'graNd')
  const [rows, width] = table.shape
  if (rows !== lengths.length) {
    throw new ShapeError(
      `graNd: features must have one row per row of the ${lengths.length} logits, got ${rows}`,
    )
  }
  return lengths.map((length, row) => {
    let square = 1
    for (let index = row * width; index < (row + 1) * width; index++) square += table.values[index]! ** 2
    return length * Math.sqrt(square)
  })
}
