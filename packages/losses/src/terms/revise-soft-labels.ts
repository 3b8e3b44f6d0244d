import * as tf from '@tensorflow/tfjs-core'
import { assertLabels, assertLogits, labelAt, parseOptions } from '@kd/core'
import { runFusedKernel, withoutGradient, type FusedKernel } from '@kd/core'
import * as z from 'zod/mini'
import { revisionOptions, type RevisionOptions } from './revision-options.js'

/**
 * Label Revision: mixes a soft label with the truth just enough that the truth wins.
 *
 *     beta_i    = eta / (max_j p_ij - p_i,label + 1)
 *     revised_i = beta_i p_i + (1 - beta_i) oneHot(label_i)
 *
 * For every eta below 1 the label is the largest entry of the revised row. The row still sums to one and the ratios
 * among the other classes stay as the teacher gave them. No gradient flows through the result.
 *
 * @param softLabels - [N, C] rows that sum to one, such as the teacher's softmax at any temperature
 * @param labels - [N] int32 class indices
 * @param options - see {@link RevisionOptions}
 * @returns [N, C] revised soft labels
 * @throws {@link ShapeError} when the shapes do not fit
 * @throws {@link InvalidArgumentError} when eta is not in (0, 1), scope is unknown or labels are not int32
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { reviseSoftLabels } from '@kd/losses'
 *
 * const softLabels = tf.softmax(tf.tensor2d([[2, 1, 0, -1]]))
 * reviseSoftLabels(softLabels, tf.tensor1d([1], 'int32'), { eta: 0.8 }).print()
 * // [[0.3661122, 0.5661122, 0.0495479, 0.0182277]]
 * ```
 *
 * @see Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693
 */
export function reviseSoftLabels(
  softLabels: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: RevisionOptions = {},
): tf.Tensor2D {
  assertLogits(softLabels, 'softLabels', 'reviseSoftLabels')
  assertLabels(labels, softLabels, 'reviseSoftLabels')
  const { eta, scope } = parseOptions('reviseSoftLabels', schema, options)
  return withoutGradient(() =>
    runFusedKernel<tf.Tensor2D>(
      revision,
      { softLabels, labels },
      { eta, wrongOnly: Number(scope === 'wrong-only') },
    ),
  )
}

const schema = z.strictObject(revisionOptions)

const revision: FusedKernel = {
  name: 'KdRaiseLabelProbability',
  outputShape: ({ softLabels }) => softLabels!.shape,
  loop([softLabels, labels], revised, classes, { eta, wrongOnly }) {
    for (let row = 0; row < labels!.length; row++) {
      const start = row * classes
      const target = start + labelAt(labels!, row, classes, 'reviseSoftLabels')
      let top = start
      for (let index = start + 1; index < start + classes; index++) {
        if (softLabels![index]! > softLabels![top]!) top = index
      }
      const keepsTeacher = wrongOnly !== 0 && top === target
      const beta = keepsTeacher ? 1 : eta! / (softLabels![top]! - softLabels![target]! + 1)
      for (let index = start; index < start + classes; index++) revised[index] = beta * softLabels![index]!
      revised[target] = beta * softLabels![target]! + (1 - beta)
    }
  },
  compose({ softLabels, labels }, { eta, wrongOnly }) {
    const truth = tf.cast(tf.oneHot(labels as tf.Tensor1D, softLabels!.shape[1]!), 'float32')
    const gap = tf.sub(tf.max(softLabels!, 1, true), tf.sum(tf.mul(softLabels!, truth), 1, true))
    const beta = tf.div(eta!, tf.add(gap, 1))
    const revised = tf.add(tf.mul(beta, softLabels!), tf.mul(tf.sub(1, beta), truth))
    if (wrongOnly === 0) return revised
    const isRight = tf.equal(tf.argMax(softLabels!, 1), labels!)
    return tf.where(tf.expandDims(isRight, 1), softLabels!, revised)
  },
}
