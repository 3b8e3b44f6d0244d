import { crossEntropy, meanLoss } from '@kd/core'
import type { DistillationBatch, DistillationMethod, LossTerms } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * The loss of a step in which each example has a weight between a method and its label, see {@link weighted}.
 *
 * @param method - sees the whole batch
 * @param batch - the whole batch
 * @param weightOf - by id, in [0, 1]
 * @returns the method's parts, times the weights; part `unselected`, the label's cross-entropy, times the rest
 */
export function weightedLoss(
  method: DistillationMethod,
  batch: DistillationBatch,
  weightOf: (id: number) => number,
): LossTerms {
  const weight = tf.tensor1d(Array.from(batch.ids, weightOf))
  const { parts } = method.loss(batch)
  return meanLoss({
    ...Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [name, tf.mul<tf.Tensor1D>(weight, part)]),
    ),
    unselected: tf.mul(tf.sub(1, weight), crossEntropy(batch.studentLogits, batch.labels)),
  })
}
