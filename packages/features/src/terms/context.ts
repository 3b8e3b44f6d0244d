import * as tf from '@tensorflow/tfjs-core'
import type { FeaturePair } from './compared-features.js'
import { adaptiveAverage, meanOfExample } from './maps.js'

/** Sizes to which the difference of two maps is pooled. */
const LEVELS = [4, 2, 1]

/**
 * The hierarchical context loss of ReviewKD: squared differences of two maps of one shape, as they are and pooled to 4, 2 and 1.
 *
 *     (MSE + 1/2 MSE_4 + 1/4 MSE_2 + 1/8 MSE_1) / (1 + 1/2 + 1/4 + 1/8)
 *
 * A level that is not smaller than the map is left out, and the next one takes its weight, as in the authors' code.
 *
 * @param pair - two maps [N, H, W, C]
 * @returns [N]
 */
export function contextDifference({ student, teacher }: FeaturePair): tf.Tensor1D {
  // Pooling is linear, so the difference is pooled once.
  const difference = tf.sub(student, teacher)
  let sum = meanOfExample(tf.square(difference))
  let [weight, total] = [1, 1]
  for (const level of LEVELS) {
    if (level >= student.shape[1]!) continue
    weight /= 2
    total += weight
    sum = tf.add(sum, tf.mul(weight, meanOfExample(tf.square(adaptiveAverage(difference, level)))))
  }
  return tf.div(sum, total)
}
