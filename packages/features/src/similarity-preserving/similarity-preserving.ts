import * as tf from '@tensorflow/tfjs-core'
import { choice, defineMethod, type OptionsOf } from '@kd/core'
import { comparison, featureNeeds, oneFeature, termWeights } from '../terms/compared-features.js'
import { flat, gram, unit } from '../terms/maps.js'

/**
 * Similarity-preserving distillation: which examples of a batch are alike for the student is led to which are alike for the teacher.
 *
 *     G = F F^T of the flattened features F [N, D], each row divided by its length
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i) + featureWeight * mean over j of (G_student,ij - G_teacher,ij)^2
 *
 * Shapes may differ in all but the batch. The i-th row of the batch's table is the term of example i. Parts: `label`, `similarity`.
 *
 * @param options - see {@link SimilarityPreservingOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range
 *
 * @example
 * ```ts
 * import { similarityPreserving } from '@kd/features'
 *
 * console.log(similarityPreserving().needs.teacherFeatures) // [ [ 'stage3' ] ]
 * ```
 *
 * @see Tung, Mori: Similarity-Preserving Knowledge Distillation, ICCV 2019, arXiv 1907.09682; weight 3000 as in RepDistiller.
 * torchdistill divides rows by the sum of their entries' sizes, `rowLength: 'l1'` here, and weighs the term by 1.
 */
export const similarityPreserving = defineMethod({
  name: 'similarity-preserving',
  summary: 'lead which examples are alike for the student to which are alike for the teacher (SP 2019)',
  source: 'Tung, Mori: Similarity-Preserving Knowledge Distillation, ICCV 2019, arXiv 1907.09682',
  options: {
    ...oneFeature('stage3'),
    rowLength: choice(['l2', 'l1'], 'l2', "what a row is divided by: the paper's length, or torchdistill's"),
    ...termWeights(3000),
  },
  needs: featureNeeds,
  start(_, options) {
    const rows = (feature: tf.Tensor): tf.Tensor2D => {
      const products = gram(flat(feature))
      if (options.rowLength === 'l2') return unit(products, 1)
      return tf.div(products, tf.maximum(tf.sum(tf.abs(products), 1, true), 1e-12))
    }
    return comparison(options, ([pair]) => ({
      similarity: tf.mean(tf.squaredDifference(rows(pair!.student), rows(pair!.teacher)), 1),
    }))
  },
})

/** Options of {@link similarityPreserving}. */
export type SimilarityPreservingOptions = OptionsOf<typeof similarityPreserving>
