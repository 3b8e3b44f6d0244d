import * as tf from '@tensorflow/tfjs-core'
import {
  crossEntropy,
  defineMethod,
  softCrossEntropy,
  softmaxWithTemperature,
  temperature,
  weight,
  type OptionsOf,
} from '@kd/core'
import { hideLabel } from '../terms/hide-classes.js'

/**
 * Normalized knowledge distillation (NKD): the label's probability follows the teacher's, and the other classes, scaled
 * to sum to one on both sides, follow the teacher's in a term of their own.
 *
 *     p, q  softmax of teacher and student, c the label; p', q' the softmax at the temperature without class c
 *     loss_i = hardLossWeight * CE(student_i, label_i)
 *            - targetWeight * p_c log q_c
 *            - nonTargetWeight * temperature^2 * sum_{j != c} p'_j log q'_j
 *
 * Both terms are cross-entropies, as the authors have them: they are not zero for a student equal to its teacher. With two
 * classes the last is zero. Parts: `label`, `target`, `nonTarget`.
 *
 * @param options - see {@link NormalizedKdOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when the temperature is not > 0 or a weight is negative
 *
 * @example
 * ```ts
 * import { normalizedKd } from '@kd/losses'
 *
 * const forCifar100 = normalizedKd({ temperature: 3, nonTargetWeight: 3.5 })
 * console.log(forCifar100.name) // normalized-kd
 * ```
 *
 * @see Yang et al.: From Knowledge Distillation to Self-Knowledge Distillation: A Unified Approach with Normalized Loss and
 * Customized Soft Labels, ICCV 2023, arXiv 2303.13005; yzd-v/cls_KD, mmcls/distillation/losses/nkd.py. The defaults are
 * those of its ImageNet configurations.
 */
export const normalizedKd = defineMethod({
  name: 'normalized-kd',
  summary: 'non-target classes normalized to one (NKD 2023)',
  source:
    'Yang et al.: From Knowledge Distillation to Self-Knowledge Distillation: A Unified Approach with Normalized Loss and Customized ' +
    'Soft Labels, ICCV 2023, arXiv 2303.13005',
  options: {
    temperature: temperature(1, 'softens teacher and student in the non-target term only'),
    targetWeight: weight(1, 'weight of the target term'),
    nonTargetWeight: weight(1.5, 'weight of the non-target term (gamma)'),
    hardLossWeight: weight(1, "weight of the label's term"),
  },
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }, options) => {
    const { temperature, targetWeight, nonTargetWeight, hardLossWeight } = options
    const nonTarget = softCrossEntropy(
      hideLabel(studentLogits, labels),
      softmaxWithTemperature(hideLabel(teacherLogits!, labels), temperature),
      temperature,
    )
    const label = crossEntropy(studentLogits, labels)
    const teacherConfidence = tf.exp(tf.neg(crossEntropy(teacherLogits!, labels)))
    return {
      label: tf.mul(hardLossWeight, label),
      target: tf.mul(targetWeight, tf.mul(teacherConfidence, label)),
      nonTarget: tf.mul(nonTargetWeight * temperature ** 2, nonTarget),
    }
  },
})

/** Options of {@link normalizedKd}. */
export type NormalizedKdOptions = OptionsOf<typeof normalizedKd>
