import * as tf from '@tensorflow/tfjs-core'
import {
  crossEntropy,
  defineMethod,
  klDivergence,
  temperature,
  weight,
  type OptionsOf,
  warmupEpochs,
  warmUpShare,
} from '@kd/core'
import { binaryDivergence } from '../terms/binary-divergence.js'
import { hideLabel } from '../terms/hide-classes.js'

/**
 * Decoupled knowledge distillation (DKD): splits the divergence from the teacher into "how sure of the label" and "which
 * of the other classes", and weighs the second on its own, where plain distillation ties it to the teacher's doubt.
 *
 *     p, q             softmax of teacher and student at the temperature, c the label
 *     targetClass    = KL([p_c, 1 - p_c] || [q_c, 1 - q_c])                             (TCKD)
 *     nonTargetClass = KL(p without c || q without c, each scaled to sum to one)        (NCKD)
 *     loss_i = hardLossWeight * CE(student_i, label_i)
 *            + ramp * temperature^2 * (targetClassWeight * targetClass_i + nonTargetClassWeight * nonTargetClass_i)
 *     ramp   = min((epoch + 1) / warmupEpochs, 1), epochs from 0
 *
 * Plain distillation is targetClass + (1 - p_c) nonTargetClass. With two classes nonTargetClass is zero. Parts: `label`,
 * `targetClass`, `nonTargetClass`.
 *
 * @param options - see {@link DecoupledKdOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when the temperature is not > 0, or a weight or the warm-up is negative
 *
 * @example
 * ```ts
 * import { decoupledKd } from '@kd/losses'
 *
 * const method = decoupledKd({ nonTargetClassWeight: 6 })
 * console.log(method.name) // decoupled-kd
 * ```
 *
 * @see Zhao et al.: Decoupled Knowledge Distillation, CVPR 2022, arXiv 2203.08679; megvii-research/mdistiller,
 * mdistiller/distillers/DKD.py and mdistiller/engine/cfg.py for the defaults.
 */
export const decoupledKd = defineMethod({
  name: 'decoupled-kd',
  summary: 'target and non-target classes apart (DKD 2022)',
  source: 'Zhao et al.: Decoupled Knowledge Distillation, CVPR 2022, arXiv 2203.08679',
  options: {
    temperature: temperature(4),
    targetClassWeight: weight(1, 'weight of the target-class term (alpha)'),
    nonTargetClassWeight: weight(8, 'weight of the non-target-class term (beta)'),
    hardLossWeight: weight(1, "weight of the label's term"),
    warmupEpochs,
  },
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels, epoch }, options) => {
    const { temperature, targetClassWeight, nonTargetClassWeight, hardLossWeight, warmupEpochs } = options
    // First, because it names both tables when their shapes differ.
    const nonTargetClass = klDivergence(
      hideLabel(teacherLogits!, labels),
      hideLabel(studentLogits, labels),
      temperature,
    )
    const targetClass = binaryDivergence(
      { logits: teacherLogits!, classes: labels, temperature },
      { logits: studentLogits, classes: labels, temperature },
    )
    const scale = warmUpShare(epoch, warmupEpochs) * temperature ** 2
    return {
      label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
      targetClass: tf.mul(targetClassWeight * scale, targetClass),
      nonTargetClass: tf.mul(nonTargetClassWeight * scale, nonTargetClass),
    }
  },
})

/** Options of {@link decoupledKd}; alpha and beta are the paper's names. */
export type DecoupledKdOptions = OptionsOf<typeof decoupledKd>
