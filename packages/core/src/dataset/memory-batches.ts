import { taskOf } from '../task/classification.js'
import type { BatchSource } from './batch-source.js'
import { labelSize } from '../task/labels.js'
import type { AnyDataset } from './dataset.js'
import { gatherRows } from './gather-rows.js'
import { normalizedInputs } from './normalized-inputs.js'

/**
 * Batches of the training split from memory: shuffled anew each epoch, normalised once, not augmented. What the training
 * loop uses by default.
 *
 * @param dataset - whose training split
 * @returns a source that holds the normalised split as floats, 4 bytes per input
 */
export function memoryBatches(dataset: AnyDataset): BatchSource {
  const { train, inputShape } = dataset
  const size = inputShape.reduce((product, length) => product * length, 1)
  const sizeOfLabel = labelSize(taskOf(dataset))
  let normalized: Float32Array | undefined
  return {
    augments: false,
    async *batches({ epoch, batchSize, random }) {
      normalized ??= normalizedInputs(dataset, train, rowsUpTo(train.ids.length))
      const order = random.split('order').split(epoch).shuffle(rowsUpTo(train.ids.length))
      for (let from = 0; from < order.length; from += batchSize) {
        const rows = order.slice(from, from + batchSize)
        yield {
          rows,
          inputs: gatherRows(normalized, rows, size),
          labels: gatherRows(train.labels, rows, sizeOfLabel),
          ids: rows.map((row) => train.ids[row]!),
        }
      }
    },
  }
}

function rowsUpTo(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row)
}
