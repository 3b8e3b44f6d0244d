import * as tf from '@tensorflow/tfjs-core'
import { assertLabels, assertLogits, labelAt, parseOptions, rowMaximum, temperature } from '@kd/core'
import { runFusedKernel, withoutGradient, type FusedKernel, type OptionsInput } from '@kd/core'
import * as z from 'zod/mini'
import { revisionOptions } from './revision-options.js'

/** What {@link reviseTeacherLogits} takes, and what goes around a method to revise its teachers. */
export const teacherRevisionOptions = {
  ...revisionOptions,
  temperature: temperature(
    4,
    'the temperature at which the soft labels are revised: that of the method which will read the logits',
  ),
}

/** Options of {@link reviseTeacherLogits}. */
export type TeacherRevisionOptions = OptionsInput<typeof teacherRevisionOptions>

/**
 * Label Revision on logits: the teacher's logits with only the label's one raised, so that their softmax is the revised
 * soft label.
 *
 *     softmax(reviseTeacherLogits(z) / temperature) = reviseSoftLabels(softmax(z / temperature))
 *     revised_i,label = max_j z_ij + temperature * log((1 + (1 - eta) rest_i) / eta)
 *     rest_i          = sum of exp((z_ij - max_j z_ij) / temperature) over the classes j but the label
 *
 * The other logits stay as they are because revision keeps the ratios among the other classes. So any method that reads
 * teacher logits can read revised ones. At another temperature than the one given the label still wins and the ratios
 * still hold; only the size of the lead differs. No gradient flows through the result.
 *
 * @param teacherLogits - [N, C] unnormalised
 * @param labels - [N] int32 class indices
 * @param options - see {@link TeacherRevisionOptions}
 * @returns [N, C] revised logits
 * @throws {@link ShapeError} when the shapes do not fit
 * @throws {@link InvalidArgumentError} when an option is out of range or labels are not int32
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { reviseTeacherLogits } from '@kd/losses'
 *
 * const labels = tf.tensor1d([1], 'int32')
 * reviseTeacherLogits(tf.tensor2d([[2, 1, 0, -1]]), labels, { eta: 0.8, temperature: 1 }).print()
 * // [[2, 2.4358525, 0, -1]]
 * ```
 *
 * @see Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693, for the revised
 * soft label; the form on logits is our rearrangement of it.
 */
export function reviseTeacherLogits(
  teacherLogits: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: TeacherRevisionOptions = {},
): tf.Tensor2D {
  assertLogits(teacherLogits, 'teacherLogits', 'reviseTeacherLogits')
  assertLabels(labels, teacherLogits, 'reviseTeacherLogits')
  const { eta, scope, temperature } = parseOptions('reviseTeacherLogits', schema, options)
  return withoutGradient(() =>
    runFusedKernel<tf.Tensor2D>(
      revision,
      { teacherLogits, labels },
      { eta, temperature, wrongOnly: Number(scope === 'wrong-only') },
    ),
  )
}

const schema = z.strictObject(teacherRevisionOptions)

const revision: FusedKernel = {
  name: 'KdRaiseLabelLogit',
  outputShape: ({ teacherLogits }) => teacherLogits!.shape,
  loop([teacherLogits, labels], revised, classes, { eta, temperature, wrongOnly }) {
    revised.set(teacherLogits!)
    for (let row = 0; row < labels!.length; row++) {
      const start = row * classes
      const end = start + classes
      const target = start + labelAt(labels!, row, classes, 'reviseTeacherLogits')
      const maximum = rowMaximum(teacherLogits!, start, classes)
      if (wrongOnly !== 0 && teacherLogits!.indexOf(maximum, start) === target) continue
      let rest = 0
      for (let index = start; index < end; index++) {
        if (index !== target) rest += Math.exp((teacherLogits![index]! - maximum) / temperature!)
      }
      revised[target] = maximum + temperature! * Math.log((1 + (1 - eta!) * rest) / eta!)
    }
  },
  compose({ teacherLogits, labels }, { eta, temperature, wrongOnly }) {
    const truth = tf.cast(tf.oneHot(labels as tf.Tensor1D, teacherLogits!.shape[1]!), 'bool')
    const maximum = tf.max(teacherLogits!, 1, true)
    const scores = tf.exp(tf.div(tf.sub(teacherLogits!, maximum), temperature!))
    const rest = tf.sum(tf.where(truth, tf.zerosLike(scores), scores), 1, true)
    const lead = tf.log(tf.div(tf.add(tf.mul(rest, 1 - eta!), 1), eta!))
    const raised = tf.add(maximum, tf.mul(lead, temperature!))
    const revised = tf.where(truth, raised, teacherLogits!)
    if (wrongOnly === 0) return revised
    const isRight = tf.equal(tf.argMax(teacherLogits!, 1), labels!)
    return tf.where(tf.expandDims(isRight, 1), teacherLogits!, revised)
  },
}
