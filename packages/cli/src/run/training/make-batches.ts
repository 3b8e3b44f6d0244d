import type { BatchSource, Dataset } from '@kd/core'
import { batchSource, type Augmentation } from '@kd/datasets'
import type { DatasetConfig } from '../../config/datasets.js'

/** The batches of a training: the training loop's own without augmentation, made ahead in a thread with it. */
export function makeBatches(
  dataset: Dataset,
  augmentation: DatasetConfig['augmentation'],
): { readonly batches?: BatchSource } {
  if (augmentation === undefined) return {}
  return { batches: batchSource(dataset, { augmentation: augmentation as Augmentation }) }
}
