import {
  classificationMetrics,
  evaluate,
  type ClassificationMetrics,
  type Dataset,
  type Examples,
  type StoredTeacher,
} from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/** Examples between two signs of life. */
const CHUNK = 250

/** How a split is looked at. */
export interface SplitOptions {
  readonly split: 'train' | 'validation' | 'test'
  /** Called after each piece. */
  readonly onProgress?: (examples: number, of: number) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a model over a split piece by piece, so that a long pass shows progress and can be ended.
 *
 * @returns [n * C] of the examples that were reached
 */
export async function splitLogits(
  model: LayersModel | StoredTeacher,
  dataset: Dataset,
  { split, onProgress, signal }: SplitOptions,
): Promise<Float32Array> {
  const examples = dataset[split]!
  const total = examples.labels.length
  const classes = dataset.classNames.length
  const logits = new Float32Array(total * classes)
  let done = 0
  while (done < total && (done === 0 || signal?.aborted !== true)) {
    const piece = pieceOf(examples, done, Math.min(total, done + CHUNK))
    const found = await evaluate(model, { ...dataset, [split]: piece }, { split, batchSize: CHUNK })
    logits.set(found.logits, done * classes)
    done += piece.labels.length
    onProgress?.(done, total)
    await new Promise(setImmediate)
  }
  return logits.subarray(0, done * classes)
}

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

/**
 * Some examples of a split, which share its memory.
 *
 * @param examples - the split
 * @param from - first row
 * @param to - behind the last row
 * @returns rows `from` to `to` without their labels before noise
 */
export function pieceOf({ inputs, labels, ids }: Examples, from: number, to: number): Examples {
  const size = inputs.length / labels.length
  return {
    inputs: inputs.subarray(from * size, to * size),
    labels: labels.subarray(from, to),
    ids: ids.subarray(from, to),
  }
}
