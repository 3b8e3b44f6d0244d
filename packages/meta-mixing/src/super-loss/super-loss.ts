import * as tf from '@tensorflow/tfjs-core'
import {
  assertPositive,
  InvalidArgumentError,
  meanLoss,
  withoutGradient,
  wrapMethod,
  type DistillationBatch,
  type DistillationMethod,
  type LossTerms,
} from '@kd/core'
import { lambertW } from './lambert-w.js'

/** Options of {@link superLoss}. */
export interface SuperLossOptions {
  /**
   * How firmly every example is held at the same weight, > 0: the lambda of the paper.
   * @defaultValue 1
   */
  readonly regularization?: number
  /**
   * Loss in nats that tells easy examples, which are heard more, from hard ones.
   * @defaultValue the logarithm of the number of classes
   */
  readonly threshold?: number
}

/**
 * Any method with easy examples heard more and hard ones less: a curriculum, and a guard against wrong labels.
 *
 *     loss_i = (inner_i - threshold) s_i + regularization (log s_i)^2
 *     s_i    = exp(-W(max(-2/e, (inner_i - threshold) / regularization) / 2))
 *
 * with Lambert's W: the s that makes loss_i least, or e where no least value exists. The confidence s_i in (0, e] is a constant for the gradient, which is therefore s_i times that of the inner loss.
 * Parts: the inner ones times s_i, and `confidence`, what the formula adds to them; it may be negative.
 *
 * @param method - any, such as `fixedMixing()` or `labelLoss()`
 * @param options - see {@link SuperLossOptions}
 * @returns the combined method, named `super-` and the method's name; its state is the inner one's
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { fixedMixing, superLoss } from '@kd/meta-mixing'
 *
 * const method = superLoss(fixedMixing(), { regularization: 0.25 })
 * console.log(method.name) // super-fixed-mixing
 * ```
 *
 * @see Castells, Weinzaepfel, Revaud: SuperLoss: A Generic Loss for Robust Curriculum Learning, NeurIPS 2020. A fixed threshold of log C is
 * what its code has for cross-entropy, and what the code of AMAL has for the mixed loss, with lambda 1 on CIFAR-10 and 0.25 on CIFAR-100.
 */
export function superLoss(method: DistillationMethod, options: SuperLossOptions = {}): DistillationMethod {
  const { regularization = 1, threshold } = options
  assertPositive(regularization, 'regularization', 'superLoss')
  if (threshold !== undefined && !Number.isFinite(threshold)) {
    throw new InvalidArgumentError(`superLoss: threshold must be finite, got ${threshold}`)
  }
  const weigh = (batch: DistillationBatch): LossTerms => {
    const { parts } = method.loss(batch)
    const limit = threshold ?? Math.log(batch.studentLogits.shape[1])
    const confidence = withoutGradient(() => {
      const excess = tf.sub(tf.addN(Object.values(parts)), limit)
      const aboveBranch = tf.relu(tf.add(tf.div(excess, 2 * regularization), 1 / Math.E))
      return tf.exp(tf.neg(lambertW(aboveBranch as tf.Tensor1D)))
    })
    const weighted = Object.entries(parts).map(
      ([name, losses]) => [name, tf.mul(confidence, losses)] as const,
    )
    return meanLoss({
      ...Object.fromEntries(weighted),
      confidence: tf.sub(
        tf.mul(regularization, tf.square(tf.log(confidence))),
        tf.mul<tf.Tensor1D>(limit, confidence),
      ),
    })
  }
  return wrapMethod(method, { name: `super-${method.name}`, loss: weigh })
}
