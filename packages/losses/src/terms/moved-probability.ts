import { softmaxWithTemperature } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import { reviseSoftLabels } from './revise-soft-labels.js'
import type { TeacherRevisionOptions } from './revise-teacher-logits.js'

/**
 * The probability that Label Revision moves between the classes of each example:
 *
 *     moved_i = 1/2 sum_j |revised_ij - p_ij|,  p = softmax(teacher / temperature)
 *
 * It is 0 where the soft label stays as it is.
 *
 * @param teacherLogits - [N, C] unnormalised
 * @param labels - [N] int32 class indices
 * @param options - see {@link TeacherRevisionOptions}
 * @returns [N] in [0, 1)
 */
export function movedProbability(
  teacherLogits: tf.Tensor2D,
  labels: tf.Tensor1D,
  { temperature, ...options }: TeacherRevisionOptions & { readonly temperature: number },
): tf.Tensor1D {
  const softLabels = softmaxWithTemperature(teacherLogits, temperature)
  const change = tf.sub(reviseSoftLabels(softLabels, labels, options), softLabels)
  return tf.mul(0.5, tf.sum<tf.Tensor1D>(tf.abs(change), 1))
}
