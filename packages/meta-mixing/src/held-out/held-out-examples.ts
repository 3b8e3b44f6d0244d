import * as tf from '@tensorflow/tfjs-core'
import type { Step, EpochContext, RandomSource } from '@kd/core'
import type { HeldOutExamples } from '../mixing-gradient/mixing-gradient-options.js'

/** Held-out examples, with their inputs where the look-ahead goes through the whole network. */
export interface HeldOutBatch extends HeldOutExamples {
  /** [V] */
  readonly ids: Int32Array
  /** [V, ...inputShape] */
  readonly inputs?: tf.Tensor
}

/**
 * Runs the student over the held-out split and keeps what {@link mixingGradient} wants of it.
 *
 * @param context - of the epoch
 * @param pass - what draws the order of the examples, and whether their inputs are kept too
 * @returns the whole split; the caller disposes it
 */
export async function heldOutExamples(
  context: EpochContext,
  { shuffle, withInputs = false }: { readonly shuffle: RandomSource; readonly withInputs?: boolean },
): Promise<HeldOutBatch> {
  const batches: HeldOutBatch[] = []
  try {
    await context.forEachBatch(
      'validation',
      (batch) => {
        const inputs = withInputs ? { inputs: tf.clone(batch.inputs) } : {}
        batches.push({ ...lastLayer(batch, tf.clone), ids: batch.ids, ...inputs })
      },
      { shuffle, teachers: false },
    )
    const tensors = tf.tidy(() => ({
      features: tf.concat(batches.map(({ features }) => features)),
      logits: tf.concat(batches.map(({ logits }) => logits)),
      labels: tf.concat(batches.map(({ labels }) => labels)),
      ...(withInputs && { inputs: tf.concat(batches.map(({ inputs }) => inputs!)) }),
    }))
    return { ...tensors, ids: Int32Array.from(batches.flatMap(({ ids }) => [...ids])) }
  } finally {
    batches.forEach(disposeHeldOut)
  }
}

/** Disposes the tensors of a batch. */
export function disposeHeldOut({ ids: _, ...tensors }: HeldOutBatch): void {
  tf.dispose(tensors)
}

/**
 * The student's last layer on a batch.
 *
 * @param step - with its penultimate features
 * @param take - makes each tensor of the result; by default the batch's own
 * @returns features, logits, labels
 */
export function lastLayer(
  { studentFeatures, studentLogits, labels }: Step,
  take: <Value extends tf.Tensor>(tensor: Value) => Value = (tensor) => tensor,
): HeldOutExamples {
  const features = studentFeatures['penultimate'] as tf.Tensor2D
  return { features: take(features), logits: take(studentLogits), labels: take(labels) }
}

/**
 * Cuts held-out examples into batches and hands them out in turn, from the first again after the last.
 *
 * @param examples - from {@link heldOutExamples}
 * @param batchSize - of each; the last may be smaller, Infinity for all at once
 * @returns a function that gives the next batch; the caller disposes it
 */
export function heldOutTurns(examples: HeldOutBatch, batchSize: number): () => HeldOutBatch {
  const total = examples.labels.shape[0]
  let next = 0
  return () => {
    const size = Math.min(batchSize, total - next)
    const from = next
    next = (next + size) % total
    return {
      features: tf.slice(examples.features, [from, 0], [size, -1]),
      logits: tf.slice(examples.logits, [from, 0], [size, -1]),
      labels: tf.slice(examples.labels, [from], [size]),
      ids: examples.ids.subarray(from, from + size),
      ...(examples.inputs && { inputs: tf.slice(examples.inputs, from, size) }),
    }
  }
}
