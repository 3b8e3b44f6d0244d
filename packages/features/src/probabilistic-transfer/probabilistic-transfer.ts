import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, type OptionsOf } from '@kd/core'
import { comparison, featureNeeds, oneFeature, termWeights } from '../terms/compared-features.js'
import { flat, gram } from '../terms/maps.js'

/** Keeps quotients and logarithms finite, as in the authors' code. */
const EPSILON = 1e-7

/**
 * Probabilistic knowledge transfer: how likely each example is the neighbour of another, by the cosine of their features, is led to the
 * teacher's.
 *
 *     p_ij = (cosine(e_i, e_j) + 1) / 2, divided by the sum of its row
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i)
 *            + featureWeight * mean over j of p_teacher,ij log(p_teacher,ij / p_student,ij)
 *
 * e are the flattened features; lengths may differ. Parts: `label`, `affinity`.
 *
 * @param options - see {@link ProbabilisticTransferOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range
 *
 * @example
 * ```ts
 * import { probabilisticTransfer } from '@kd/features'
 *
 * console.log(probabilisticTransfer().name) // probabilistic-transfer
 * ```
 *
 * @see Passalis, Tefas: Learning Deep Representations with Probabilistic Knowledge Transfer, ECCV 2018, arXiv 1803.10837. The mean over
 * all pairs, which makes the weight of 30000 necessary, and the diagonal within it are those of the authors' code.
 */
export const probabilisticTransfer = defineMethod({
  name: 'probabilistic-transfer',
  summary: "lead how likely examples are neighbours to the teacher's (PKT 2018)",
  source:
    'Passalis, Tefas: Learning Deep Representations with Probabilistic Knowledge Transfer, ECCV 2018, arXiv 1803.10837',
  options: { ...oneFeature('penultimate'), ...termWeights(30_000) },
  needs: featureNeeds,
  start: (_, options) =>
    comparison(options, ([pair]) => {
      const [student, teacher] = [neighbours(pair!.student), neighbours(pair!.teacher)]
      // The logarithm of a ratio near one loses digits. Both rows sum to one, so their difference takes nothing from the sum but the
      // large parts of the terms, which cancel.
      const difference = tf.sub(teacher, student)
      const logarithms = tf.log1p(tf.div(difference, tf.add(student, EPSILON)))
      return { affinity: tf.mean<tf.Tensor1D>(tf.sub(tf.mul(teacher, logarithms), difference), 1) }
    }),
})

/** Options of {@link probabilisticTransfer}. */
export type ProbabilisticTransferOptions = OptionsOf<typeof probabilisticTransfer>

function neighbours(feature: tf.Tensor): tf.Tensor2D {
  const rows = flat(feature)
  // The floor under the root is far below epsilon's square; it only keeps the gradient of a row of zeros from being NaN.
  const lengths = tf.sqrt(tf.maximum(tf.sum(tf.square(rows), 1, true), 1e-30))
  const likeness = tf.div(tf.add(gram(tf.div<tf.Tensor2D>(rows, tf.add(lengths, EPSILON))), 1), 2)
  return tf.div(likeness, tf.sum(likeness, 1, true))
}
