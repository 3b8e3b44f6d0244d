import * as tf from '@tensorflow/tfjs-core'

/**
 * Takes classes out of a softmax: their logits fall so far that their probability, and with it their gradient, is exactly
 * zero. If all classes of a row are hidden the row becomes flat, for any logits, so that two such rows do not differ.
 *
 * Finite, because minus infinity makes 0 * Infinity in engines that compose the losses; and so large that the logit itself
 * is lost in rounding, unlike the subtraction of 1000 in use elsewhere, which fails for logits that differ by more.
 *
 * @param logits - [N, C], below 1e10 in size
 * @param hidden - [N, C] 1 where a class goes, 0 where it stays
 */
export function hideClasses(logits: tf.Tensor2D, hidden: tf.Tensor): tf.Tensor2D {
  return tf.sub(logits, tf.mul(hidden, 1e20))
}

/** Does what {@link hideClasses} does for one class per row: what is left are the classes other than the label. */
export function hideLabel(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor2D {
  return hideClasses(logits, tf.oneHot(labels, logits.shape[1]))
}
