import * as tf from '@tensorflow/tfjs-core'
import type { AnyDataset, Examples } from '../dataset/dataset.js'
import { normalizedInputs } from '../dataset/normalized-inputs.js'
import { eventLoopPause } from './event-loop-pause.js'
import type { LabelArray } from '../task/labels.js'

/** Rows at a time where nothing is learned. */
export const PASS_BATCH_SIZE = 250

/** A pass over a split. */
export interface SplitPass {
  /** Gives shape and normalisation. */
  readonly dataset: Pick<AnyDataset, 'inputShape' | 'normalization'>
  /** One of its splits. */
  readonly examples: Examples<LabelArray>
  /**
   * Rows at a time.
   * @defaultValue 250
   */
  readonly batchSize?: number | undefined
  /** The rows to go over; file order without it. */
  readonly order?: Int32Array
  /** Ends the pass after the current piece. */
  readonly signal?: AbortSignal | undefined
}

/** A piece of a split. */
export interface SplitBatch {
  /** [N, ...inputShape] normalised. */
  readonly inputs: tf.Tensor
  /** [N] positions in the split. */
  readonly rows: Int32Array
  /** [N] `Examples.ids` of the rows. */
  readonly ids: Int32Array
}

/**
 * Goes over a split; the inputs are disposed after each batch.
 *
 * @param pass - the split, the order and the size of batches
 * @param visit - called for each batch
 */
export async function forEachSplitBatch(
  {
    dataset,
    examples,
    batchSize = PASS_BATCH_SIZE,
    order = Int32Array.from(examples.ids.keys()),
    signal,
  }: SplitPass,
  visit: (batch: SplitBatch) => void | Promise<void>,
): Promise<void> {
  const pause = eventLoopPause()
  for (let from = 0; from < order.length && (from === 0 || signal?.aborted !== true); from += batchSize) {
    const rows = order.slice(from, from + batchSize)
    const inputs = tf.tensor(normalizedInputs(dataset, examples, rows), [rows.length, ...dataset.inputShape])
    try {
      await visit({ inputs, rows, ids: rows.map((row) => examples.ids[row]!) })
    } finally {
      inputs.dispose()
    }
    await pause()
  }
}
