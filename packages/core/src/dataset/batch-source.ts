import type { RandomSource } from '../random/random-source.js'
import type { LabelArray } from '../task/labels.js'

/** One batch as the training loop takes it: normalised inputs in plain arrays, ready to become tensors. */
export interface TrainingBatch {
  /** [N, ...inputShape] normalised, and augmented where the source does so. */
  readonly inputs: Float32Array
  /** [N, ...labelShape of the task], class indices for classification. */
  readonly labels: LabelArray
  /** [N] `Examples.ids` of the rows. */
  readonly ids: Int32Array
  /** [N] positions of the rows in the training split. */
  readonly rows: Int32Array
  /**
   * Where inputs were mixed: input = ratio * first + (1 - ratio) * second, `labels` and `ids` being the first one's.
   * The loss is then ratio * loss(labels) + (1 - ratio) * loss(secondLabels).
   */
  readonly mixup?: { readonly secondLabels: LabelArray; readonly ratio: number }
}

/** Which batches an epoch wants. */
export interface EpochBatches {
  /** The epoch, counted from 0. */
  readonly epoch: number
  readonly batchSize: number
  /** The run's source for data; split it by epoch, so that an epoch's batches do not depend on those before it. */
  readonly random: RandomSource
}

/**
 * Makes the training batches, ahead of the step that needs them. The same random source and epoch give the same batches.
 */
export interface BatchSource {
  /** True where an example's input differs between epochs. Teachers are then asked at every step instead of once. */
  readonly augments: boolean
  /** The batches of one epoch, every example once; the last one may be smaller. */
  batches(epoch: EpochBatches): AsyncIterable<TrainingBatch>
  /** Frees threads and buffers. */
  close?(): Promise<void>
}
