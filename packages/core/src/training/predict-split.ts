import * as tf from '@tensorflow/tfjs-core'
import type { Dataset, Examples } from '../dataset/dataset.js'
import { normalizedInputs } from '../dataset/normalized-inputs.js'

/** A pass over a split. */
export interface SplitPass {
  /** Gives shape and normalisation. */
  readonly dataset: Dataset
  /** One of its splits. */
  readonly examples: Examples
  /** Rows at a time. */
  readonly batchSize: number
  /** The rows to go over; file order without it. */
  readonly order?: Int32Array
}

/** A piece of a split. */
export interface SplitBatch {
  /** [N, ...inputShape] normalised. */
  readonly inputs: tf.Tensor
  readonly rows: Int32Array
}

/**
 * Goes over a split; the inputs are disposed after each batch.
 *
 * @param pass - the split, the order and the size of batches
 * @param visit - called for each batch
 */
export async function forEachSplitBatch(
  { dataset, examples, batchSize, order = Int32Array.from(examples.labels.keys()) }: SplitPass,
  visit: (batch: SplitBatch) => void | Promise<void>,
): Promise<void> {
  for (let from = 0; from < order.length; from += batchSize) {
    const rows = order.slice(from, from + batchSize)
    const inputs = tf.tensor(normalizedInputs(dataset, examples, rows), [rows.length, ...dataset.inputShape])
    try {
      await visit({ inputs, rows })
    } finally {
      inputs.dispose()
    }
  }
}

/**
 * A model's logits for a whole split, in file order.
 *
 * @param predict - from normalised inputs, and their rows, to logits [N, C]; runs inside a tidy
 * @param dataset - gives shape, classes and normalisation
 * @param examples - one of its splits
 * @param batchSize - rows at a time
 * @returns [N, C] row by row
 */
export async function predictSplit(
  predict: (inputs: tf.Tensor, rows: Int32Array) => tf.Tensor2D,
  dataset: Dataset,
  examples: Examples,
  batchSize: number,
): Promise<Float32Array> {
  const classes = dataset.classNames.length
  const table = new Float32Array(examples.labels.length * classes)
  await forEachSplitBatch({ dataset, examples, batchSize }, async ({ inputs, rows }) => {
    const logits = tf.tidy(() => predict(inputs, rows))
    table.set(await logits.data(), rows[0]! * classes)
    logits.dispose()
  })
  return table
}
