import * as tf from '@tensorflow/tfjs-core'
import { labelAt, runFusedKernel, type FusedKernel } from '@kd/core'

/** Which examples form a group, and what each of them weighs. */
export interface Group {
  /** Those on which the teacher's first choice is the label, or the others. */
  readonly teacherIs: 'right' | 'wrong'
  /** The weight of the whole group. */
  readonly weight: number
  /** Whether the group counts by its mean, or each example by its share of the batch. */
  readonly groupMeans: boolean
}

/**
 * Weights that are 0 outside a group and `weight * N / |group|` inside, so that the mean over the batch of weighted
 * losses is `weight` times their mean over the group; without group means `weight` inside. All 0 for an empty group.
 *
 * @param teacherLogits - [N, C]; of equal largest logits the first is the teacher's choice
 * @param labels - [N] int32
 * @param group - see {@link Group}
 * @returns [N]
 */
export function groupWeights(teacherLogits: tf.Tensor2D, labels: tf.Tensor1D, group: Group): tf.Tensor1D {
  return runFusedKernel(
    kernel,
    { teacherLogits, labels },
    { right: Number(group.teacherIs === 'right'), weight: group.weight, means: Number(group.groupMeans) },
  )
}

const kernel: FusedKernel = {
  name: 'KdTopClassWeights',
  outputShape: ({ labels }) => labels!.shape,
  loop([teacherLogits, labels], weights, classes, { right, weight, means }) {
    let members = 0
    for (let row = 0; row < weights.length; row++) {
      const start = row * classes
      const label = labelAt(labels!, row, classes, 'labelRevision')
      let top = 0
      for (let column = 1; column < classes; column++) {
        if (teacherLogits![start + column]! > teacherLogits![start + top]!) top = column
      }
      weights[row] = Number((top === label) === (right === 1))
      members += weights[row]!
    }
    const each = means === 1 ? (weight! * weights.length) / Math.max(members, 1) : weight!
    for (let row = 0; row < weights.length; row++) weights[row]! *= each
  },
  compose({ teacherLogits, labels }, { right, weight, means }) {
    const isRight = tf.equal(tf.argMax(teacherLogits!, 1), labels!)
    const members = tf.cast(right === 1 ? isRight : tf.logicalNot(isRight), 'float32')
    if (means === 0) return tf.mul(members, weight!)
    return tf.div(tf.mul(members, weight! * labels!.size), tf.maximum(tf.sum(members), 1))
  },
}
