import type * as tf from '@tensorflow/tfjs-core'

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
  /** The learning rate of the step that is looked ahead, > 0. */
  readonly learningRate: number
}
