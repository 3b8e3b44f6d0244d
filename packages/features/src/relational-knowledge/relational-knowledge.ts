import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, weight, type OptionsOf } from '@kd/core'
import { comparison, featureNeeds, oneFeature, termWeights } from '../terms/compared-features.js'
import { flat, gram, unit } from '../terms/maps.js'
import { huber, offDiagonal, squaredDistances } from '../terms/pairs.js'

/**
 * Relational knowledge distillation: distances of pairs and angles of triples of examples are led to the teacher's.
 *
 *     d_ij = |e_i - e_j| / mean of the distances of different examples
 *     a_ijk = cosine of e_j - e_i and e_k - e_i
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i)
 *            + featureWeight * (distanceWeight * mean over j of huber(d_student,ij - d_teacher,ij)
 *                               + angleWeight * mean over j, k of huber(a_student,ijk - a_teacher,ijk))
 *
 * e are the flattened features; lengths may differ. The angles are N^3 numbers: 1 MB for 64 examples, 64 MB for 256. Parts: `label`, `distance`,
 * `angle`.
 *
 * @param options - see {@link RelationalKnowledgeOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range
 *
 * @example
 * ```ts
 * import { relationalKnowledge } from '@kd/features'
 *
 * console.log(relationalKnowledge({ angleWeight: 0 }).needs.studentFeatures) // [ 'penultimate' ]
 * ```
 *
 * @see Park, Kim, Lu, Cho: Relational Knowledge Distillation, CVPR 2019, arXiv 1904.05068; weights 25 and 50 as in RepDistiller, on
 * features that are not normalised. The floor of 1e-12 under the root is that of the authors' code.
 */
export const relationalKnowledge = defineMethod({
  name: 'relational-knowledge',
  summary: "lead distances and angles between examples to the teacher's (RKD 2019)",
  source: 'Park, Kim, Lu, Cho: Relational Knowledge Distillation, CVPR 2019, arXiv 1904.05068',
  options: {
    ...oneFeature('penultimate'),
    distanceWeight: weight(25, 'weight of the distances'),
    angleWeight: weight(50, 'weight of the angles'),
    ...termWeights(1),
  },
  needs: featureNeeds,
  start(_, options) {
    const { distanceWeight, angleWeight } = options
    return comparison(options, ([pair]) => {
      const [student, teacher] = [flat(pair!.student), flat(pair!.teacher)]
      // A term without weight is not worth its product.
      const term = (size: number, losses: () => tf.Tensor): tf.Tensor1D =>
        size === 0 ? tf.zeros([student.shape[0]]) : tf.mul(size, losses())
      return {
        distance: term(distanceWeight, () =>
          tf.mean(huber(tf.sub(relativeDistances(student), relativeDistances(teacher))), 1),
        ),
        angle: term(angleWeight, () => tf.mean(huber(tf.sub(angles(student), angles(teacher))), [1, 2])),
      }
    })
  },
})

/** Options of {@link relationalKnowledge}. */
export type RelationalKnowledgeOptions = OptionsOf<typeof relationalKnowledge>

function relativeDistances(rows: tf.Tensor2D): tf.Tensor2D {
  const examples = rows.shape[0]
  const distances = tf.mul(offDiagonal(examples), tf.sqrt(squaredDistances(rows)))
  return tf.div(distances, tf.div(tf.sum(distances), Math.max(1, examples * (examples - 1))))
}

function angles(rows: tf.Tensor2D): tf.Tensor3D {
  const directions = tf.sub<tf.Tensor3D>(tf.expandDims(rows, 0), tf.expandDims(rows, 1))
  return gram(unit(directions, 2))
}
