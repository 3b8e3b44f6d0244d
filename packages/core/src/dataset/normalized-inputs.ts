import type { LabelArray } from '../task/labels.js'
import type { AnyDataset, Examples } from './dataset.js'

/**
 * Copies rows of a split as floats and normalises them: (input - mean) / standardDeviation per channel.
 *
 * @param dataset - gives shape and normalisation
 * @param examples - one of its splits
 * @param rows - which rows, in this order
 * @returns [rows, ...inputShape]
 */
export function normalizedInputs(
  dataset: Pick<AnyDataset, 'inputShape' | 'normalization'>,
  examples: Pick<Examples<LabelArray>, 'inputs'>,
  rows: ArrayLike<number>,
): Float32Array {
  const size = dataset.inputShape.reduce((product, length) => product * length, 1)
  const channels = dataset.inputShape.at(-1)!
  const { mean, standardDeviation } = dataset.normalization
  const scale = Float64Array.from({ length: channels }, (_, c) => 1 / at(standardDeviation, c))
  const offset = Float64Array.from({ length: channels }, (_, c) => -at(mean, c) / at(standardDeviation, c))
  const output = new Float32Array(rows.length * size)
  for (let index = 0, to = 0; index < rows.length; index++) {
    const from = rows[index]! * size
    for (let entry = 0, channel = 0; entry < size; entry++, to++) {
      output[to] = examples.inputs[from + entry]! * scale[channel]! + offset[channel]!
      if (++channel === channels) channel = 0
    }
  }
  return output
}

/** One number stands for all channels. */
function at(values: readonly number[], channel: number): number {
  return values[values.length === 1 ? 0 : channel]!
}
