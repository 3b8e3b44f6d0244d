import type * as tf from '@tensorflow/tfjs-core'
import { crossEntropy, softCrossEntropy } from '@kd/core'
import { twoLevelLabels } from './two-level-labels.js'

/**
 * Cross-entropy of each example to its smoothed label, in nats.
 *
 *     target_i = (1 - smoothing) oneHot(label_i) + smoothing / C
 *     loss_i   = -sum_j target_ij log softmax(logits_i)_j
 *
 * @param logits - [N, C] unnormalised
 * @param labels - [N] int32 class indices
 * @param smoothing - the mass spread evenly over all C classes, in [0, 1]; 0 is plain cross-entropy
 * @param functionName - the function that was called, for messages
 * @returns [N] losses
 */
export function smoothedCrossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  smoothing: number,
  functionName: string,
): tf.Tensor1D {
  if (smoothing === 0) return crossEntropy(logits, labels)
  const others = smoothing / (logits.shape[1] ?? 1)
  return softCrossEntropy(
    logits,
    twoLevelLabels(logits, labels, { label: 1 - smoothing + others, others }, functionName),
  )
}
