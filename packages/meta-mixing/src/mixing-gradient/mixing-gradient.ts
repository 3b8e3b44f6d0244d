import * as tf from '@tensorflow/tfjs-core'
import {
  assertLabels,
  assertLogits,
  assertPositive,
  assertSameShape,
  InvalidArgumentError,
  ShapeError,
} from '@kd/core'
import { lastLayerStep } from './last-layer-step.js'
import type { MixingGradientOptions } from './mixing-gradient-options.js'

/**
 * How the held-out loss after one training step changes with the mixing weight of each term of each example.
 *
 *     b' = b - learningRate * sum_i sum_k weights_ik g_ik            (one step of gradient descent,
 *     W' = W - learningRate * sum_i sum_k weights_ik g_ik h_i^T       last layer only)
 *     L  = mean_v CE(W' h_v + b', label_v)
 *     dL / dweights_ik = -learningRate * g_ik . (R0 + R1 h_i)
 *     with r_v = (softmax(W' h_v + b') - oneHot(label_v)) / V,  R0 = sum_v r_v,  R1 = sum_v r_v h_v^T
 *
 * g_ik is `termGradients[k]` of example i, h its features. The closed form is exact for this look-ahead and needs no
 * gradient per example of the weights: it costs O(C D) for each training and each held-out example. All examples
 * together make one step, so several mini-batches at once look ahead by as many steps' length.
 *
 * Works for any terms, not only those of distillation.
 *
 * @param options - see {@link MixingGradientOptions}
 * @returns [N, K]; descend it to lower the held-out loss
 * @throws {@link ShapeError} when shapes do not fit
 * @throws {@link InvalidArgumentError} when there is no term, labels are not int32 or the learning rate is not > 0
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { selectEngine } from '@kd/core'
 * import { mixingGradient } from '@kd/meta-mixing'
 *
 * await selectEngine('cpu')
 * // One training example, pulled to class 0 by the first term and to class 1 by the second; the held-out one is of class 0.
 * const gradient = mixingGradient({
 *   termGradients: [tf.tensor2d([[-0.5, 0.5]]), tf.tensor2d([[0.5, -0.5]])],
 *   features: tf.tensor2d([[1]]),
 *   validation: {
 *     features: tf.tensor2d([[1]]),
 *     logits: tf.tensor2d([[0, 0]]),
 *     labels: tf.tensor1d([0], 'int32'),
 *   },
 *   weights: tf.tensor2d([[1, 1]]),
 *   learningRate: 0.1,
 * })
 * gradient.print() // [[-0.1, 0.1]]
 * ```
 *
 * @see Sivasubramanian et al., arXiv 2202.03250 and https://github.com/durgas16/AMAL; the closed form is derived by us
 * from the authors' update, which sums gradients per example.
 */
export function mixingGradient(options: MixingGradientOptions): tf.Tensor2D {
  assertOptions(options)
  return tf.tidy(() => lastLayerStep(options).gradient(options.weights))
}

function assertOptions(options: MixingGradientOptions): void {
  const { termGradients, features, validation, weights, learningRate } = options
  const [first] = termGradients
  if (first === undefined) {
    throw new InvalidArgumentError('mixingGradient: termGradients must hold at least one table, got none')
  }
  assertLogits(first, 'termGradients[0]', 'mixingGradient')
  termGradients.forEach((gradient, term) => {
    assertSameShape({ 'termGradients[0]': first, [`termGradients[${term}]`]: gradient }, 'mixingGradient')
  })
  assertLogits(validation.logits, 'validation.logits', 'mixingGradient')
  assertLabels(validation.labels, validation.logits, 'mixingGradient')
  assertPositive(learningRate, 'learningRate', 'mixingGradient')
  const [examples, classes] = first.shape
  const depth = features.shape[1]
  assertShape(features, [examples, depth], 'features')
  assertShape(weights, [examples, termGradients.length], 'weights')
  assertShape(validation.logits, [validation.logits.shape[0], classes], 'validation.logits')
  assertShape(validation.features, [validation.logits.shape[0], depth], 'validation.features')
}

function assertShape(tensor: tf.Tensor, wanted: readonly (number | undefined)[], argument: string): void {
  if (tensor.shape.length === 2 && tensor.shape.every((size, axis) => size === wanted[axis])) return
  throw new ShapeError(
    `mixingGradient: ${argument} must have shape [${wanted.map((size) => size ?? 'D').join(', ')}], got [${tensor.shape.join(', ')}]`,
  )
}
