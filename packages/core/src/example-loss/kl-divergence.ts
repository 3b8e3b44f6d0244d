import * as tf from '@tensorflow/tfjs-core'
import { assertLogits, assertPositive, assertSameShape } from '../assertions.js'
import { runFusedKernel, type FusedKernel } from './fused-kernel.js'
import { rowExponentials, rowMaximum } from './kernel-rows.js'

/**
 * KL divergence of each example's student prediction from its teacher's, in nats.
 *
 *     p = softmax(teacherLogits / temperature),  q = softmax(studentLogits / temperature)
 *     loss_i = sum_j p_ij (log p_ij - log q_ij)
 *
 * Zero when both agree. Not multiplied by temperature squared: methods multiply. Closed-form gradients for both
 * arguments.
 *
 * @param teacherLogits - [N, C] unnormalised
 * @param studentLogits - [N, C] unnormalised
 * @param temperature - > 0, default 1
 * @returns [N] divergences, >= 0
 * @throws {@link ShapeError} when the shapes differ or are not [N, C]
 * @throws {@link InvalidArgumentError} when the temperature is not > 0
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { klDivergence } from '@kd/core'
 *
 * const teacherLogits = tf.tensor2d([[2, 1, 0, -1]])
 * const studentLogits = tf.tensor2d([[0.5, 1.5, 0.2, -0.3]])
 * klDivergence(teacherLogits, studentLogits, 2).print() // [0.1129239]
 * ```
 *
 * @see Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network, 2015, section 2
 */
export function klDivergence(
  teacherLogits: tf.Tensor2D,
  studentLogits: tf.Tensor2D,
  temperature = 1,
): tf.Tensor1D {
  assertLogits(teacherLogits, 'teacherLogits', 'klDivergence')
  assertSameShape({ teacherLogits, studentLogits }, 'klDivergence')
  assertPositive(temperature, 'temperature', 'klDivergence')
  if (tf.getGradient(forward.name) == null) registerGradient()
  return runFusedKernel(forward, { teacherLogits, studentLogits }, { temperature })
}

function registerGradient(): void {
  tf.registerGradient({
    kernelName: forward.name,
    inputsToSave: ['teacherLogits', 'studentLogits'],
    gradFunc: (dy, saved, attributes) => {
      const { temperature } = attributes as unknown as { temperature: number }
      const [teacherLogits, studentLogits] = saved as [tf.Tensor, tf.Tensor]
      const lossGradient = dy as tf.Tensor
      return {
        studentLogits: () =>
          runFusedKernel(backward, { teacherLogits, studentLogits, lossGradient }, { temperature }),
        // p (log p - log q - loss) / temperature; rare enough for stock operations.
        teacherLogits: () => {
          const logTeacher = tf.logSoftmax(tf.div(teacherLogits, temperature))
          const logRatio = tf.sub(logTeacher, tf.logSoftmax(tf.div(studentLogits, temperature)))
          const teacher = tf.exp(logTeacher)
          const loss = tf.sum(tf.mul(teacher, logRatio), 1, true)
          const scale = tf.div(tf.expandDims(lossGradient, 1), temperature)
          return tf.mul(tf.mul(teacher, tf.sub(logRatio, loss)), scale)
        },
      }
    },
  })
}

const forward: FusedKernel = {
  name: 'KdKlDivergence',
  outputShape: ({ teacherLogits }) => [teacherLogits!.shape[0]],
  loop([teacherLogits, studentLogits], losses, classes, { temperature }) {
    for (let row = 0; row < losses.length; row++) {
      const start = row * classes
      const teacherMaximum = rowMaximum(teacherLogits!, start, classes)
      const studentMaximum = rowMaximum(studentLogits!, start, classes)
      let teacherSum = 0
      let studentSum = 0
      let weighted = 0
      for (let index = start; index < start + classes; index++) {
        const teacherScore = (teacherLogits![index]! - teacherMaximum) / temperature!
        const studentScore = (studentLogits![index]! - studentMaximum) / temperature!
        const teacherWeight = Math.exp(teacherScore)
        teacherSum += teacherWeight
        studentSum += Math.exp(studentScore)
        // A class that the teacher rules out adds nothing, also where a logit is -Infinity.
        if (teacherWeight !== 0) weighted += teacherWeight * (teacherScore - studentScore)
      }
      // The divergence is never negative; rounding may say otherwise. Written so that NaN stays NaN.
      const loss = weighted / teacherSum - Math.log(teacherSum) + Math.log(studentSum)
      losses[row] = loss < 0 ? 0 : loss
    }
  },
  compose: ({ teacherLogits, studentLogits }, { temperature }) => {
    const logTeacher = tf.logSoftmax(tf.div(teacherLogits!, temperature!))
    const logStudent = tf.logSoftmax(tf.div(studentLogits!, temperature!))
    return tf.sum(tf.mul(tf.exp(logTeacher), tf.sub(logTeacher, logStudent)), 1)
  },
}

const backward: FusedKernel = {
  name: 'KdKlDivergenceGrad',
  outputShape: ({ studentLogits }) => studentLogits!.shape,
  loop([teacherLogits, studentLogits, lossGradient], gradient, classes, { temperature }) {
    const teacher = new Float32Array(classes)
    for (let row = 0; row < lossGradient!.length; row++) {
      const start = row * classes
      const scale = lossGradient![row]! / temperature!
      const teacherSum = rowExponentials(teacherLogits!, start, classes, temperature!, teacher, 0)
      const studentSum = rowExponentials(studentLogits!, start, classes, temperature!, gradient, start)
      for (let column = 0; column < classes; column++) {
        const index = start + column
        gradient[index] = scale * (gradient[index]! / studentSum - teacher[column]! / teacherSum)
      }
    }
  },
  compose: ({ teacherLogits, studentLogits, lossGradient }, { temperature }) =>
    tf.mul(
      tf.sub(
        tf.softmax(tf.div(studentLogits!, temperature!)),
        tf.softmax(tf.div(teacherLogits!, temperature!)),
      ),
      tf.div(tf.expandDims(lossGradient!, 1), temperature!),
    ),
}
