import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, weight, type ExampleLosses, type OptionsOf } from '@kd/core'
import {
  assertPaired,
  comparison,
  featureNeeds,
  severalFeatures,
  termWeights,
  type FeaturePair,
} from '../terms/compared-features.js'
import { flat, meanOfExample } from '../terms/maps.js'
import { offDiagonal, squaredDistances } from '../terms/pairs.js'

/**
 * Instance relationship graph: the examples of a batch are a graph whose vertices are features and whose edges are distances, and the
 * student's graph, and how it changes from stage to stage, is led to the teacher's.
 *
 *     e_ij = |f_i - f_j|^2 / the largest of the batch
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i) + featureWeight *
 *              ( mean over j of (e_student,ij - e_teacher,ij)^2                          edges of the last feature
 *              + mean over units of (student_i - teacher_i)^2                            vertices, where the last features have one shape
 *              + transformWeight * sum over two neighbouring stages of (m_student - m_teacher)^2 )
 *
 * m is the mean squared change of the edges from the first of two stages to the second, and likewise of the vertices where shapes agree. Stages are
 * taken in twos: the first and the second, the third and the fourth; the last feature stands for itself. m is a number of the whole batch and
 * stands in each example's loss. Parts: `label`, `edges`, `vertices`, `transformation`, the last two where there is something to compare.
 *
 * @param options - see {@link InstanceGraphOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range or lists of different lengths
 *
 * @example
 * ```ts
 * import { instanceGraph } from '@kd/features'
 *
 * console.log(instanceGraph().needs.studentFeatures) // [ 'stage1', 'stage2', 'penultimate' ]
 * ```
 *
 * @see Liu et al.: Knowledge Distillation via Instance Relationship Graph, CVPR 2019, as the repository of SemCKD computes it. The weights
 * of 1 are ours to choose and chosen here.
 */
export const instanceGraph = defineMethod({
  name: 'instance-graph',
  summary:
    "lead the graph of the batch's examples, and how it changes between stages, to the teacher's (IRG 2019)",
  source: 'Liu et al.: Knowledge Distillation via Instance Relationship Graph, CVPR 2019',
  options: {
    ...severalFeatures('stage1', 'stage2', 'penultimate'),
    transformWeight: weight(1, 'weight of the changes between stages'),
    ...termWeights(1),
  },
  needs: featureNeeds,
  check: (options) => {
    assertPaired('instanceGraph', options)
  },
  start: (_, options) =>
    comparison(options, (pairs) => {
      const last = pairs.at(-1)!
      const examples = last.student.shape[0]
      const changes = changesOf(pairs.slice(0, -1))
      const losses: ExampleLosses = {
        edges: tf.mean(tf.squaredDifference(edges(last.student), edges(last.teacher)), 1),
        ...(sameShape(last.student, last.teacher) && {
          vertices: meanOfExample(tf.squaredDifference(last.student, last.teacher)),
        }),
      }
      if (changes.length === 0 || options.transformWeight === 0) return losses
      const change = tf.mul(options.transformWeight, tf.addN(changes))
      return { ...losses, transformation: tf.tile(tf.reshape(change, [1]), [examples]) }
    }),
})

/** Options of {@link instanceGraph}. */
export type InstanceGraphOptions = OptionsOf<typeof instanceGraph>

/** The squared differences of how much student and teacher change from one stage to the next, one number for each two. */
function changesOf(stages: readonly FeaturePair[]): tf.Tensor[] {
  const changes: tf.Tensor[] = []
  for (let index = 0; index + 1 < stages.length; index += 2) {
    const [first, second] = [stages[index]!, stages[index + 1]!]
    const compare = (of: (feature: tf.Tensor) => tf.Tensor): void => {
      const change = (from: tf.Tensor, to: tf.Tensor): tf.Tensor =>
        tf.mean(tf.squaredDifference(of(from), of(to)))
      changes.push(
        tf.squaredDifference(change(first.student, second.student), change(first.teacher, second.teacher)),
      )
    }
    compare(edges)
    if (sameShape(first.student, second.student) && sameShape(first.teacher, second.teacher)) {
      compare((feature) => feature)
    }
  }
  return changes
}

/** Squared distances over their maximum, [N, N]. */
function edges(feature: tf.Tensor): tf.Tensor2D {
  const examples = feature.shape[0]
  const distances = tf.mul<tf.Tensor2D>(offDiagonal(examples), squaredDistances(flat(feature)))
  // The gradient of a maximum goes whole to each of equal entries, so each pair may stand only once.
  const upper = tf.mul(distances, tf.linalg.bandPart(tf.ones([examples, examples]), 0, -1))
  return tf.div(distances, tf.add(tf.max(upper), 1e-12))
}

function sameShape(left: tf.Tensor, right: tf.Tensor): boolean {
  return left.shape.join() === right.shape.join()
}
