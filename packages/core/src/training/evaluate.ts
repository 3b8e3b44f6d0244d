import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Dataset } from '../dataset/dataset.js'
import { InvalidArgumentError } from '../errors/invalid-argument-error.js'
import { classificationMetrics, type ClassificationMetrics } from '../metrics/classification-metrics.js'
import { classifier } from './classifier.js'
import { predictSplit } from './predict-split.js'
import { isStored, type StoredTeacher } from './teacher.js'

/** Which examples `evaluate` looks at. */
export interface EvaluationOptions {
  /** @defaultValue 'test' */
  readonly split?: 'train' | 'validation' | 'test'
  /**
   * Examples at a time.
   * @defaultValue 250
   */
  readonly batchSize?: number
}

/** What `evaluate` gives back. */
export interface Evaluation extends ClassificationMetrics {
  /** [N, C] in the split's order. */
  readonly logits: Float32Array
}

/**
 * Measures a model on a split, in inference mode.
 *
 * @param model - normalised inputs in, logits [N, C] out; or logits that were stored
 * @param dataset - where the split is
 * @param options - see {@link EvaluationOptions}
 * @returns metrics and logits
 * @throws {@link InvalidArgumentError} when the data set lacks the split
 */
export async function evaluate(
  model: LayersModel | StoredTeacher,
  dataset: Dataset,
  { split = 'test', batchSize = 250 }: EvaluationOptions = {},
): Promise<Evaluation> {
  const examples = dataset[split]
  if (examples === undefined) {
    throw new InvalidArgumentError(`evaluate: split must be one that ${dataset.name} has, got ${split}`)
  }
  if (isStored(model)) {
    const logits = model.storedLogits(split, examples.ids)
    return { ...classificationMetrics(logits, examples.labels), logits }
  }
  const predict = classifier(model, [], 'model')
  const logits = await predictSplit((inputs) => predict(inputs, false).logits, dataset, examples, batchSize)
  return { ...classificationMetrics(logits, examples.labels), logits }
}
