import type { AnyDataset, BatchSource } from '@kd/core'
import { createBatchSource, type BatchSourceOptions } from './create-batch-source.js'
import { packageUrl } from '../files/node-module.js'

/**
 * Makes the training batches of a data set: shuffled, normalised, augmented, and ready before they are needed.
 *
 * In Node a thread does the pixel work, on one shared copy of the training inputs. Where there are no threads (in
 * browsers, or where a bundler left `batch-worker.js` behind) the same code runs on this thread, one batch ahead. Small
 * data without augmentation are normalised once and only gathered. All three give the same batches: they depend on the
 * random source, the epoch and the batch size, on nothing else.
 *
 * @param dataset - its training split is read, and must not change afterwards
 * @param options - augmentation, and how far to work ahead
 * @returns the source for the training loop; `close()` ends the thread, which does not keep a program from ending
 * @throws {@link InvalidArgumentError} or {@link ShapeError} when an augmentation is out of range or does not fit the
 * inputs; the batches reject with {@link KdError} when the thread fails
 *
 * @example
 * ```ts
 * import { randomSource } from '@kd/core'
 * import { batchSource, loadDataset } from '@kd/datasets'
 *
 * const source = batchSource(await loadDataset({ name: 'digits' }), { augmentation: { crop: { padding: 1 } } })
 * for await (const { inputs, labels } of source.batches({ epoch: 0, batchSize: 128, random: randomSource(1) })) {
 *   console.log(inputs.length / labels.length) // 64
 * }
 * await source.close?.()
 * ```
 */
export function batchSource(dataset: AnyDataset, options: BatchSourceOptions = {}): BatchSource {
  return createBatchSource(dataset, options, new URL('./batch-worker.js', packageUrl))
}
