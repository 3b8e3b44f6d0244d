import * as tf from '@tensorflow/tfjs-core'

/**
 * The gradient of each example's cross-entropy in its logits: softmax(logits) - oneHot(labels).
 *
 * @param logits - [N, C]
 * @param labels - [N] int32
 * @returns [N, C]
 */
export function labelResiduals(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => tf.sub(tf.softmax(logits), oneHotLabels(labels, logits.shape[1])))
}

/** [N, C] float32 from [N] int32. */
export function oneHotLabels(labels: tf.Tensor1D, classes: number): tf.Tensor2D {
  // A cast, because the wasm engine's oneHot writes integers whatever type it is asked for.
  return tf.tidy(() => tf.cast(tf.oneHot(labels, classes), 'float32') as tf.Tensor2D)
}
