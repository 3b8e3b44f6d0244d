import * as tf from '@tensorflow/tfjs-core'
import { crossEntropy, defineMethod, klDivergence, temperature, weight, type OptionsOf } from '@kd/core'
import { standardizeLogits } from './standardize-logits.js'

/**
 * Vanilla distillation of standardized logits: each example's temperature is its own logits' standard deviation, for
 * teacher and student apart, times the base temperature.
 *
 *     loss_i = hardLossWeight * CE(student_i, label_i)
 *            + softLossWeight * temperature^2 * KL(S(teacher_i) || S(student_i) at temperature)
 *     S(z)   = (z - mean(z)) / (standardDeviation(z) + 1e-7)
 *
 * The teacher's term does not change when the student's logits are multiplied by a positive number. Parts: `label`,
 * `teacher`. To standardize another method see {@link standardizedLogits}.
 *
 * @param options - see {@link LogitStandardizationOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when the temperature is not > 0 or a weight is negative
 *
 * @example
 * ```ts
 * import { logitStandardization } from '@kd/losses'
 *
 * const method = logitStandardization({ temperature: 3 })
 * console.log(method.name) // logit-standardization
 * ```
 *
 * @see Sun et al.: Logit Standardization in Knowledge Distillation, CVPR 2024, arXiv 2403.01427;
 * sunshangquan/logit-standardization-KD, mdistiller/distillers/KD.py, tools/train.py and mdistiller/engine/cfg.py for the
 * defaults
 */
export const logitStandardization = defineMethod({
  name: 'logit-standardization',
  summary: 'vanilla KD of standardized logits (2024)',
  source: 'Sun et al.: Logit Standardization in Knowledge Distillation, CVPR 2024, arXiv 2403.01427',
  options: {
    temperature: temperature(2, 'softens teacher and student after standardization'),
    softLossWeight: weight(9, "weight of the teacher's term"),
    hardLossWeight: weight(1, "weight of the label's term"),
  },
  needs: { teachers: 1 },
  loss: (
    { studentLogits, teacherLogits: [teacherLogits], labels },
    { temperature, softLossWeight, hardLossWeight },
  ) => ({
    label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
    teacher: tf.mul(
      softLossWeight * temperature ** 2,
      klDivergence(standardizeLogits(teacherLogits!), standardizeLogits(studentLogits), temperature),
    ),
  }),
})

/** Options of {@link logitStandardization}. */
export type LogitStandardizationOptions = OptionsOf<typeof logitStandardization>
