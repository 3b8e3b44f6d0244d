import * as tf from '@tensorflow/tfjs-core'
import {
  crossEntropy,
  defineMethod,
  fraction,
  softCrossEntropy,
  temperature,
  weight,
  type OptionsOf,
} from '@kd/core'
import { twoLevelLabels, type TwoLevels } from '../terms/two-level-labels.js'

/**
 * Teacher-free knowledge distillation with a virtual teacher (Tf-KD, the regularization form): an always right,
 * hand-made teacher takes the place of a trained one.
 *
 *     u_i    = labelProbability at label_i, (1 - labelProbability) / (C - 1) at every other class
 *     loss_i = hardLossWeight * CE(student_i, label_i)
 *            + softLossWeight * KL(softmax(u_i / temperature) || softmax(student_i / studentTemperature))
 *
 * As in the authors' code the softmax is taken of the probabilities u, not of their logarithms, so at temperature 20 the
 * virtual teacher is all but uniform; the student is not softened, and no factor temperature^2 stands before the term.
 * Parts: `label`, `teacher`.
 *
 * The paper's other form, self-training, is {@link vanillaKd} with an earlier copy of the student as the teacher.
 *
 * @param options - see {@link TeacherFreeOptions}
 * @returns a method without a teacher
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { teacherFree } from '@kd/losses'
 *
 * const method = teacherFree()
 * console.log(method.name, method.needs) // teacher-free {}
 * ```
 *
 * @see Yuan et al.: Revisiting Knowledge Distillation via Label Smoothing Regularization, CVPR 2020, arXiv 1909.11723;
 * my_loss_function.py of https://github.com/yuanli2333/Teacher-free-Knowledge-Distillation. Defaults as its ResNet-18 on
 * CIFAR-100.
 */
export const teacherFree = defineMethod({
  name: 'teacher-free',
  summary: 'a virtual teacher that is sure of the label (Yuan 2020)',
  source:
    'Yuan et al.: Revisiting Knowledge Distillation via Label Smoothing Regularization, CVPR 2020, arXiv 1909.11723',
  options: {
    labelProbability: fraction(
      0.99,
      'the probability that the virtual teacher gives to the label; the other classes share the rest',
      { above: true, below: true },
    ),
    temperature: temperature(20, 'softens the virtual teacher'),
    studentTemperature: temperature(
      1,
      "softens the student in the teacher's term; at 1, as in the authors' code, it is not softened",
    ),
    softLossWeight: weight(0.1, "weight of the virtual teacher's term (alpha)"),
    hardLossWeight: weight(0.9, "weight of the label's term (one minus alpha)"),
  },
  loss: ({ studentLogits, labels }, options) => {
    const { labelProbability, temperature, studentTemperature, softLossWeight, hardLossWeight } = options
    const levels = virtualTeacher(studentLogits.shape[1], labelProbability, temperature)
    const softLabels = twoLevelLabels(studentLogits, labels, levels, 'teacherFree')
    const softLosses = softCrossEntropy(studentLogits, softLabels, studentTemperature)
    return {
      label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
      teacher: tf.mul(softLossWeight, tf.sub(softLosses, entropy(levels, studentLogits.shape[1]))),
    }
  },
})

/** Options of {@link teacherFree}. */
export type TeacherFreeOptions = OptionsOf<typeof teacherFree>

/** softmax(u / temperature), which holds two numbers only. */
function virtualTeacher(classes: number, labelProbability: number, temperature: number): TwoLevels {
  const other = (1 - labelProbability) / (classes - 1)
  // Relative to the label's, so that a small temperature does not overflow.
  const ratio = Math.exp((other - labelProbability) / temperature)
  const label = 1 / (1 + (classes - 1) * ratio)
  return { label, others: ratio * label }
}

function entropy({ label, others }: TwoLevels, classes: number): number {
  const term = (probability: number): number => (probability === 0 ? 0 : -probability * Math.log(probability))
  return term(label) + (classes - 1) * term(others)
}
