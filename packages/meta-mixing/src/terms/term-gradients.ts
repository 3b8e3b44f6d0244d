import * as tf from '@tensorflow/tfjs-core'
import { softmaxWithTemperature, type Step } from '@kd/core'
import { labelResiduals } from '../mixing-gradient/label-residuals.js'

/**
 * Gradients of the unweighted terms in the student's logits, divided by the batch size: cross-entropy to the label, then
 * temperature^2 * KL to each teacher.
 *
 *     g_i0 = (softmax(z_i) - oneHot(label_i)) / batchSize
 *     g_im = temperature (softmax(z_i / temperature) - softmax(teacher_im / temperature)) / batchSize
 *
 * @param step - a group of examples
 * @param options - temperature, and the batch size that means are taken over
 * @returns one [N, C] for the label and each teacher; the caller disposes them
 */
export function termGradients(
  { studentLogits, teacherLogits, labels }: Step,
  { temperature, batchSize }: { readonly temperature: number; readonly batchSize: number },
): tf.Tensor2D[] {
  return tf.tidy(() => {
    const softened = softmaxWithTemperature(studentLogits, temperature)
    return [
      tf.div(labelResiduals(studentLogits, labels), batchSize),
      ...teacherLogits.map((logits) =>
        tf.mul<tf.Tensor2D>(
          temperature / batchSize,
          tf.sub(softened, softmaxWithTemperature(logits, temperature)),
        ),
      ),
    ]
  })
}
