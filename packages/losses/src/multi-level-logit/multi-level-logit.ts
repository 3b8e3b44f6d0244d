import * as tf from '@tensorflow/tfjs-core'
import * as z from 'zod/mini'
import {
  crossEntropy,
  defineMethod,
  klDivergence,
  option,
  softmaxWithTemperature,
  weight,
  type OptionsOf,
} from '@kd/core'
import { spreadOverBatch } from '../terms/spread-over-batch.js'

/**
 * Multi-level logit distillation (MLKD) of one view of each example: the student follows the teacher's predictions, the
 * correlation of classes over the batch, and that of the examples, at several temperatures at once.
 *
 *     P, Q       [N, C] softmax of teacher and student at temperature t; |.| is the Frobenius norm
 *     instance_i = sum_t t^2 KL(P_i || Q_i)
 *     class      = sum_t |P^T P - Q^T Q|^2 / C
 *     batch      = sum_t |P P^T - Q Q^T|^2 / N
 *     loss_i     = hardLossWeight * CE(student_i, label_i)
 *                + instanceWeight * instance_i + classWeight * class + batchWeight * batch
 *
 * The authors also show a strongly augmented second view of each example, and mask the first by the teacher's confidence;
 * neither is here, see the README beside this file. Parts: `label`, `instance`, and `classCorrelation` and
 * `batchCorrelation` (the same number for each example).
 *
 * @param options - see {@link MultiLevelLogitOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when there is no temperature, one is not > 0, or a weight is negative
 *
 * @example
 * ```ts
 * import { multiLevelLogit } from '@kd/losses'
 *
 * const method = multiLevelLogit({ temperatures: [1, 4] })
 * console.log(method.name) // multi-level-logit
 * ```
 *
 * @see Jin, Wang, Lin: Multi-Level Logit Distillation, CVPR 2023; Jin-Ying/Multi-Level-Logit-Distillation,
 * mdistiller/distillers/KD_ours.py and mdistiller/engine/cfg.py for the defaults
 */
export const multiLevelLogit = defineMethod({
  name: 'multi-level-logit',
  summary: 'examples, classes and batch at several temperatures (MLLD 2023)',
  source: 'Jin, Wang, Lin: Multi-Level Logit Distillation, CVPR 2023',
  options: {
    temperatures: option(
      z.readonly(z.array(z.number().check(z.positive())).check(z.minLength(1))),
      [2, 3, 4, 5, 6],
      'each term is the sum over these temperatures, all > 0; at least one',
    ),
    instanceWeight: weight(0.9, 'weight of the instance term'),
    classWeight: weight(0.9, 'weight of the class-correlation term'),
    batchWeight: weight(0.9, 'weight of the batch-correlation term'),
    hardLossWeight: weight(0.1, "weight of the label's term"),
  },
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }, options) => {
    const { temperatures, instanceWeight, classWeight, batchWeight, hardLossWeight } = options
    const levels = temperatures.map((temperature) => level(teacherLogits!, studentLogits, temperature))
    const total = (term: keyof Level): tf.Tensor => tf.addN(levels.map((level) => level[term]))
    const examples = studentLogits.shape[0]
    return {
      label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
      instance: tf.mul(instanceWeight, total('instance')),
      classCorrelation: spreadOverBatch(tf.mul(classWeight, total('class')), examples),
      batchCorrelation: spreadOverBatch(tf.mul(batchWeight, total('batch')), examples),
    }
  },
})

/** Options of {@link multiLevelLogit}. */
export type MultiLevelLogitOptions = OptionsOf<typeof multiLevelLogit>

/** The three terms at one temperature, unweighted. */
interface Level {
  /** [N] */
  readonly instance: tf.Tensor1D
  readonly class: tf.Scalar
  readonly batch: tf.Scalar
}

function level(teacherLogits: tf.Tensor2D, studentLogits: tf.Tensor2D, temperature: number): Level {
  const [examples, classes] = studentLogits.shape
  const instance = klDivergence(teacherLogits, studentLogits, temperature)
  const teacher = softmaxWithTemperature(teacherLogits, temperature)
  const student = softmaxWithTemperature(studentLogits, temperature)
  return {
    instance: tf.mul(temperature ** 2, instance),
    class: tf.div(gramDistance(tf.transpose(teacher), tf.transpose(student)), classes),
    batch: tf.div(gramDistance(teacher, student), examples),
  }
}

/**
 * |P P^T - Q Q^T|^2, squared Frobenius norm, with its gradient -4 (P P^T - Q Q^T) Q in the second: half the products that the
 * tape would make, and none of a transposed matrix, which the cpu and wasm engines multiply slowly.
 */
function gramDistance(teacher: tf.Tensor2D, student: tf.Tensor2D): tf.Scalar {
  const distance = tf.customGrad((student, save) => {
    const gram = (table: tf.Tensor): tf.Tensor => tf.matMul(table, tf.transpose(table))
    const difference = tf.sub(gram(teacher), gram(student as tf.Tensor))
    ;(save as tf.GradSaveFunc)([student as tf.Tensor, difference])
    return {
      value: tf.sum(tf.square(difference)),
      gradFunc: (dy: tf.Tensor, [student, difference]: tf.Tensor[]) =>
        tf.mul(tf.mul(-4, dy), tf.matMul(difference!, student!)),
    }
  })
  return distance(student) as tf.Scalar
}
