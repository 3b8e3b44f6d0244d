import * as tf from '@tensorflow/tfjs-core'
import { crossEntropy, defineMethod, klDivergence, temperature, weight, type OptionsOf } from '@kd/core'
import { correctResponse } from './correct-response.js'

/**
 * Response Correction (RC): beside its teacher the student hears itself, corrected by the label.
 *
 *     corrected_i = student_i, constant, with max_j student_ij added to the label's logit
 *     loss_i = hardLossWeight * CE(student_i, label_i)
 *            + softLossWeight   * temperature^2 * KL(teacher_i   || student_i at temperature)
 *            + correctionWeight * temperature^2 * KL(corrected_i || student_i at temperature)
 *
 * The correction depends on the zero of the student's logits: it adds nothing where the largest is 0 and lowers the label
 * where all are negative. Parts: `label`, `teacher`, `correction`.
 *
 * @param options - see {@link ResponseCorrectionOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { responseCorrection } from '@kd/losses'
 *
 * const method = responseCorrection({ correctionWeight: 0.1 })
 * console.log(method.name) // response-correction
 * ```
 *
 * @see Cao et al.: Be an Excellent Student: Review, Preview, and Correction, IEEE Signal Processing Letters 2023, of which
 * this is the correction alone, as compared in https://github.com/zju-SWJ/RLD, mdistiller/distillers/RC.py; defaults as there
 */
export const responseCorrection = defineMethod({
  name: 'response-correction',
  summary: 'vanilla KD beside a response corrected to the label (Cao 2023)',
  source:
    'Cao et al.: Be an Excellent Student: Review, Preview, and Correction, IEEE Signal Processing Letters 2023; the correction alone',
  options: {
    temperature: temperature(4, 'softens teacher, student and corrected response'),
    softLossWeight: weight(1, "weight of the teacher's term"),
    hardLossWeight: weight(1, "weight of the label's term"),
    correctionWeight: weight(0.1, "weight of the corrected response's term"),
  },
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }, options) => {
    const { temperature, softLossWeight, hardLossWeight, correctionWeight } = options
    const square = temperature ** 2
    const label = tf.mul<tf.Tensor1D>(hardLossWeight, crossEntropy(studentLogits, labels))
    const divergence = klDivergence(teacherLogits!, studentLogits, temperature)
    const corrected = correctResponse(studentLogits, labels)
    return {
      label,
      teacher: tf.mul(softLossWeight * square, divergence),
      correction: tf.mul(correctionWeight * square, klDivergence(corrected, studentLogits, temperature)),
    }
  },
})

/** Options of {@link responseCorrection}. */
export type ResponseCorrectionOptions = OptionsOf<typeof responseCorrection>
