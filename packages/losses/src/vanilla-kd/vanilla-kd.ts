import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, temperature, weight, type OptionsOf } from '@kd/core'

/**
 * Knowledge distillation as it began: the student imitates the teacher's softened prediction and fits the label.
 *
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i)
 *            + softLossWeight * temperature^2 * divergence(teacher_i || student_i at temperature)
 *
 * Loss and divergence are the task's: for classes cross-entropy and KL, for several labels the same label by label, for numbers half the
 * squared difference. The factor temperature^2 keeps the size of the soft gradient when the temperature changes. Parts: `label`, `teacher`.
 *
 * @param options - see {@link VanillaKdOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} when the temperature is not > 0 or a weight is negative
 *
 * @example
 * ```ts
 * import { vanillaKd } from '@kd/losses'
 *
 * const method = vanillaKd({ temperature: 4 })
 * console.log(method.name) // vanilla-kd
 * ```
 *
 * @see Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network, arXiv 1503.02531, section 2. The defaults are
 * those of the CIFAR-100 scripts of RepDistiller and mdistiller; the paper names none.
 */
export const vanillaKd = defineMethod({
  name: 'vanilla-kd',
  summary: "imitate the teacher's softened prediction (Hinton 2015)",
  source: 'Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network, arXiv 1503.02531',
  options: {
    temperature: temperature(4),
    softLossWeight: weight(0.9, "weight of the teacher's term"),
    hardLossWeight: weight(0.1, "weight of the label's term"),
  },
  needs: { teachers: 1, tasks: 'any' },
  loss: (
    { task, studentLogits, teacherLogits: [teacherLogits], labels },
    { temperature, softLossWeight, hardLossWeight },
  ) => ({
    label: tf.mul(hardLossWeight, task.labelLoss(studentLogits, labels)),
    teacher: tf.mul(
      softLossWeight * temperature ** 2,
      task.divergence!(teacherLogits!, studentLogits, temperature),
    ),
  }),
})

/** Options of {@link vanillaKd}. */
export type VanillaKdOptions = OptionsOf<typeof vanillaKd>
