import * as tf from '@tensorflow/tfjs-core'
import {
  assertSameShape,
  crossEntropy,
  defineMethod,
  softmaxWithTemperature,
  temperature,
  weight,
  type OptionsOf,
} from '@kd/core'
import { spreadOverBatch } from '../terms/spread-over-batch.js'

/**
 * DIST: the student's probabilities need only vary as the teacher's do, not equal them, which suits teachers much
 * stronger than the student.
 *
 *     P, Q     [N, C] softmax of teacher and student at the temperature; r is Pearson's correlation
 *     inter_i = 1 - r(P_i, Q_i)                        between the classes of example i
 *     intra   = 1 - mean_j r(P^j, Q^j)                 between the examples of class j, of the whole batch
 *     loss_i  = hardLossWeight * CE(student_i, label_i)
 *             + temperature^2 * (interClassWeight * inter_i + intraClassWeight * intra)
 *     r(a, b) = <a', b'> / (|a'| |b'| + 1e-8) with a', b' less their means
 *
 * A batch of one example has nothing to correlate: intra is then 1 without gradient. With two classes r(P_i, Q_i) is 1 or
 * -1, and inter has no gradient. Parts: `label`, `interClass`, `intraClass` (the same number for each example).
 *
 * @param options - see {@link DistKdOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when the temperature is not > 0 or a weight is negative
 *
 * @example
 * ```ts
 * import { distKd } from '@kd/losses'
 *
 * const method = distKd({ temperature: 4 })
 * console.log(method.name) // dist-kd
 * ```
 *
 * @see Huang et al.: Knowledge Distillation from A Stronger Teacher, NeurIPS 2022, arXiv 2205.10536;
 * hunto/image_classification_sota, lib/models/losses/dist_kd.py, where the temperature is 1; with a temperature and its
 * square as factor in zkxufo/TTM, distiller_zoo/dist.py.
 */
export const distKd = defineMethod({
  name: 'dist-kd',
  summary: 'relations between classes and between examples (DIST 2022)',
  source: 'Huang et al.: Knowledge Distillation from A Stronger Teacher, NeurIPS 2022, arXiv 2205.10536',
  options: {
    temperature: temperature(1),
    interClassWeight: weight(1, 'weight of the relation between the classes of an example (beta)'),
    intraClassWeight: weight(1, 'weight of the relation between the examples of a class (gamma)'),
    hardLossWeight: weight(1, "weight of the label's term"),
  },
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }, options) => {
    const { temperature, interClassWeight, intraClassWeight, hardLossWeight } = options
    assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'distKd')
    const teacher = softmaxWithTemperature(teacherLogits!, temperature)
    const student = softmaxWithTemperature(studentLogits, temperature)
    const [examples, classes] = student.shape
    // The probabilities of an example sum to one, so that their mean is known.
    const inter = correlation(tf.sub(teacher, 1 / classes), tf.sub(student, 1 / classes), 1)
    const intra = correlation(tf.sub(teacher, tf.mean(teacher, 0)), tf.sub(student, tf.mean(student, 0)), 0)
    const scale = temperature ** 2
    return {
      label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
      interClass: tf.mul(interClassWeight * scale, tf.sub(1, inter)),
      intraClass: spreadOverBatch(tf.mul(intraClassWeight * scale, tf.sub(1, tf.mean(intra))), examples),
    }
  },
})

/** Options of {@link distKd}; beta and gamma are the paper's names. */
export type DistKdOptions = OptionsOf<typeof distKd>

/** Correlates tables whose mean along the axis is zero. */
function correlation(left: tf.Tensor2D, right: tf.Tensor2D, axis: 0 | 1): tf.Tensor1D {
  const length = (table: tf.Tensor2D): tf.Tensor1D =>
    // The bound gives a row without length the gradient zero in place of 0 / 0.
    tf.sqrt(tf.maximum(tf.sum<tf.Tensor1D>(tf.square(table), axis), 1e-30))
  const norms = tf.mul<tf.Tensor1D>(length(left), length(right))
  return tf.div(tf.sum<tf.Tensor1D>(tf.mul(left, right), axis), tf.add(norms, 1e-8))
}
