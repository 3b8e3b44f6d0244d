import * as tf from '@tensorflow/tfjs-core'
import { choice, defineMethod, InvalidArgumentError, type OptionsOf } from '@kd/core'
import {
  assertFit,
  assertPaired,
  comparison,
  featureNeeds,
  isMap,
  severalFeatures,
  termWeights,
} from '../terms/compared-features.js'
import { channelRows, sameSize } from '../terms/maps.js'

/**
 * Flow of solution procedure: how channels of one stage go together with those of the next is led to the teacher's.
 *
 *     G(a, b) = a^T b / positions, [C_a, C_b] for neighbouring maps a, b of one example, the larger pooled to the size of the smaller
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i)
 *            + featureWeight * sum over neighbours of mean over entries of (G(student_i) - G(teacher_i))^2
 *
 * With `reduction: 'sum'` the entries are summed, as in the paper. Student and teacher need the same numbers of channels. Parts: `label`, `flow`.
 *
 * @param options - see {@link FlowOfSolutionOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range, lists of different lengths or of fewer than two features,
 * {@link ShapeError} when a run begins whose features are no maps with the teacher's numbers of channels
 *
 * @example
 * ```ts
 * import { flowOfSolution } from '@kd/features'
 *
 * console.log(flowOfSolution().needs.studentFeatures) // [ 'stage1', 'stage2', 'stage3' ]
 * ```
 *
 * @see Yim, Joo, Bae, Kim: A Gift from Knowledge Distillation, CVPR 2017. The paper trains with this loss first and with labels after it;
 * both at once, and the weight 1, are ours. The mean over entries is RepDistiller's. torchdistill sums lengths of columns and pools by the
 * maximum, which is another loss.
 */
export const flowOfSolution = defineMethod({
  name: 'flow-of-solution',
  summary: "lead how channels of neighbouring stages go together to the teacher's (FSP 2017)",
  source: 'Yim, Joo, Bae, Kim: A Gift from Knowledge Distillation, CVPR 2017',
  options: {
    ...severalFeatures('stage1', 'stage2', 'stage3'),
    reduction: choice(['mean', 'sum'], 'mean', 'what is taken of the entries of a matrix'),
    ...termWeights(1),
  },
  needs: featureNeeds,
  check: (options) => {
    assertPaired('flowOfSolution', options)
    if (options.studentFeatures.length > 1) return
    throw new InvalidArgumentError('flowOfSolution: studentFeatures must name at least 2 features, got 1')
  },
  start(run, options) {
    assertFit(
      'flowOfSolution',
      run,
      options,
      'maps [height, width, channels] with as many channels',
      (student, teacher) => isMap(student) && isMap(teacher) && student[2] === teacher[2],
    )
    const reduce = options.reduction === 'mean' ? tf.mean : tf.sum
    return comparison(options, (pairs) => ({
      flow: tf.addN(
        pairs.slice(1).map((pair, index) => {
          const before = pairs[index]!
          const squares = tf.squaredDifference(
            flow(before.student, pair.student),
            flow(before.teacher, pair.teacher),
          )
          return reduce<tf.Tensor1D>(squares, [1, 2])
        }),
      ),
    }))
  },
})

/** Options of {@link flowOfSolution}. */
export type FlowOfSolutionOptions = OptionsOf<typeof flowOfSolution>

function flow(first: tf.Tensor, second: tf.Tensor): tf.Tensor3D {
  // Two neighbours of one model, pooled to one size.
  const { student: left, teacher: right } = sameSize({ student: first, teacher: second })
  const positions = left.shape[1]! * left.shape[2]!
  return tf.div(tf.matMul(channelRows(left), channelRows(right), false, true), positions)
}
