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

/** Held-out examples as the student sees them now: V examples, D features, C classes. */
export interface HeldOutExamples {
  /** [V, D] inputs of the student's last layer. */
  readonly features: tf.Tensor2D
  /** [V, C] the student's logits. */
  readonly logits: tf.Tensor2D
  /** [V] int32 class indices. */
  readonly labels: tf.Tensor1D
}

/** What {@link mixingGradient} takes: N examples, K loss terms, C classes, D features. */
export interface MixingGradientOptions {
  /**
   * K tables [N, C]: the gradient of each term in the logits of each example, as it counts in the step that is looked
   * ahead: divided by the batch size where the step follows the mean over a batch.
   */
  readonly termGradients: readonly tf.Tensor2D[]
  /** [N, D] inputs of the student's last layer for the same examples. */
  readonly features: tf.Tensor2D
  /** What the weights are judged on. */
  readonly validation: HeldOutExamples
  /** [N, K] the weights at which the gradient is taken. */
  readonly weights: tf.Tensor2D
  /** Of the step that is looked ahead, > 0. */
  readonly learningRate: number
}

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
