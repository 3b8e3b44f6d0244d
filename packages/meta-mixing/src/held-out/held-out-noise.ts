import * as tf from '@tensorflow/tfjs-core'
import { labelResiduals } from '../mixing-gradient/label-residuals.js'
import type { HeldOutExamples } from '../mixing-gradient/mixing-gradient-options.js'

/**
 * How much of the held-out gradient is chance: the part of the squared length of the mean gradient in the last layer that
 * would be there if the examples' gradients had no common direction.
 *
 *     noise = (mean_v |g_v|^2 - |mean_v g_v|^2) / ((V - 1) |mean_v g_v|^2), at most 1
 *     |g_v|^2 = |softmax(z_v) - oneHot(label_v)|^2 (1 + |h_v|^2)
 *
 * @param examples - V held-out examples
 * @returns in [0, 1]; 1 for a single example
 */
export async function heldOutNoise({ features, logits, labels }: HeldOutExamples): Promise<number> {
  const examples = labels.shape[0]
  if (examples === 1) return 1
  const both = tf.tidy(() => {
    const residuals = labelResiduals(logits, labels)
    const lengths = tf.mul(tf.sum(tf.square(residuals), 1), tf.add(1, tf.sum(tf.square(features), 1)))
    const kernel = tf.div(tf.matMul(residuals, features, true), examples)
    const common = tf.add(tf.sum(tf.square(kernel)), tf.sum(tf.square(tf.mean(residuals, 0))))
    return tf.stack([tf.mean(lengths), common])
  })
  const [each, common] = await both.data()
  both.dispose()
  // No gradient at all has no direction either.
  return common === 0 ? 1 : Math.min(1, Math.max(0, (each! - common!) / ((examples - 1) * common!)))
}
