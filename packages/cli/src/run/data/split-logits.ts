import { evaluate, type Dataset, type StoredTeacher } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { pieceOf } from './piece-of.js'

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
