import * as tf from '@tensorflow/tfjs-core'
import { assertSameShape, crossEntropy, parseOptions, positive, runFusedKernel } from '@kd/core'
import { withoutGradient, type FusedKernel, type OptionsInput } from '@kd/core'
import * as z from 'zod/mini'

/** What {@link softLabelWeights} takes, as the method declares it too. */
export const softLabelWeightOptions = {
  epsilon: positive(
    1e-7,
    "added to the teacher's loss in the weight, so that a teacher without any loss does not divide by zero",
  ),
}

/** Options of {@link softLabelWeights}. */
export type SoftLabelWeightOptions = OptionsInput<typeof softLabelWeightOptions>

const schema = z.strictObject(softLabelWeightOptions)

/**
 * The weight that Weighted Soft Labels gives to the teacher's word on each example.
 *
 *     weight_i = 1 - exp(-CE(student_i, label_i) / (CE(teacher_i, label_i) + epsilon))
 *
 * 0 where the student already fits the label far better than the teacher, 0.632 where both fit it equally, towards 1 where
 * the student is far behind. Both cross-entropies are at temperature 1, so that the weight does not depend on the
 * temperature of the soft loss. No gradient flows through it.
 *
 * @param studentLogits - [N, C] unnormalised
 * @param teacherLogits - [N, C] unnormalised
 * @param labels - [N] int32 class indices
 * @param options - see {@link SoftLabelWeightOptions}
 * @returns [N] weights in [0, 1]; below 1 but for rounding
 * @throws {@link ShapeError} when the shapes do not fit
 * @throws {@link InvalidArgumentError} when epsilon is not > 0, or labels are not int32 or, on an engine that can see
 * them, out of range
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { softLabelWeights } from '@kd/losses'
 *
 * const studentLogits = tf.tensor2d([[0.5, 1.5, 0.2, -0.3]])
 * const teacherLogits = tf.tensor2d([[2, 1, 0, -1]])
 * softLabelWeights(studentLogits, teacherLogits, tf.tensor1d([1], 'int32')).print() // [0.3365691]
 * ```
 *
 * @see Zhou et al.: Rethinking Soft Labels for Knowledge Distillation: A Bias-Variance Tradeoff Perspective, ICLR 2021,
 * arXiv 2102.00650. Epsilon is not in the paper's formula; the authors' code
 * (https://github.com/bellymonster/Weighted-Soft-Label-Distillation) has it.
 */
export function softLabelWeights(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: SoftLabelWeightOptions = {},
): tf.Tensor1D {
  assertSameShape({ teacherLogits, studentLogits }, 'softLabelWeights')
  const { epsilon } = parseOptions('softLabelWeights', schema, options)
  return withoutGradient(() =>
    weightsFromLosses(crossEntropy(studentLogits, labels), crossEntropy(teacherLogits, labels), epsilon),
  )
}

/** The same from the cross-entropies [N], for callers who have one of them already. */
export function weightsFromLosses(
  studentLosses: tf.Tensor1D,
  teacherLosses: tf.Tensor1D,
  epsilon: number,
): tf.Tensor1D {
  return withoutGradient(() => runFusedKernel(weights, { studentLosses, teacherLosses }, { epsilon }))
}

const weights: FusedKernel = {
  name: 'KdSaturatingRatio',
  outputShape: ({ studentLosses }) => studentLosses!.shape,
  loop([studentLosses, teacherLosses], output, _, { epsilon }) {
    for (let row = 0; row < output.length; row++) {
      output[row] = -Math.expm1(-Math.max(studentLosses![row]! / (teacherLosses![row]! + epsilon!), 0))
    }
  },
  compose: ({ studentLosses, teacherLosses }, { epsilon }) =>
    tf.neg(tf.expm1(tf.neg(tf.relu(tf.div(studentLosses!, tf.add(teacherLosses!, epsilon!)))))),
}
