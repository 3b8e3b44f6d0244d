import { classificationMetrics, type ClassificationMetrics, type Dataset, type StoredTeacher } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { splitLogits, type SplitOptions } from './split-logits.js'

/**
 * Measures a model on a split piece by piece, so that a long evaluation shows progress and can be ended.
 *
 * @returns metrics of the examples that were reached
 */
export async function evaluateSplit(
  model: LayersModel | StoredTeacher,
  dataset: Dataset,
  options: SplitOptions,
): Promise<ClassificationMetrics> {
  const logits = await splitLogits(model, dataset, options)
  const { labels } = dataset[options.split]!
  return classificationMetrics(logits, labels.subarray(0, logits.length / dataset.classNames.length))
}
