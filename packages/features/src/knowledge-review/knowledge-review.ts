import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, warmupEpochs, warmUpShare, type OptionsOf, type RandomSource } from '@kd/core'
import { batchNormalization, convolution, variablesOf, type Adapter } from '../terms/adapters.js'
import {
  assertFit,
  assertPaired,
  comparison,
  featureNeeds,
  severalFeatures,
  shapesOf,
  termWeights,
  type ShapePair,
} from '../terms/compared-features.js'
import { contextDifference } from '../terms/context.js'
import { asMap, enlarged } from '../terms/maps.js'

/**
 * Knowledge review: each stage of the student is mixed with what its later stages know, and the mixture is led to the teacher's stage.
 *
 * From the last feature back to the first, with f the student's:
 *
 *     x   = bn(1x1(f))                                                         width min(512, channels of the last feature)
 *     a,b = sigmoid(1x1(concat(x, y)))   with y the x of the later feature, enlarged to this size; not for the last one
 *     x   = a x + b y
 *     out = bn(3x3(x))                                                         the teacher's channels
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i)
 *            + featureWeight * ramp * sum over features of context(out_i, teacher_i)
 *     ramp   = min((epoch + 1) / warmupEpochs, 1), epochs from 0
 *
 * `context` compares two maps at full size and pooled to 4, 2 and 1, see {@link hierarchicalContext}. A vector such as `penultimate` is a map of
 * one position. Parts: `label`, `review`.
 *
 * @param options - see {@link KnowledgeReviewOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range or lists of different lengths, {@link ShapeError} when a run begins whose
 * features differ in size
 *
 * @example
 * ```ts
 * import { knowledgeReview } from '@kd/features'
 *
 * console.log(knowledgeReview().needs.studentFeatures) // [ 'stage1', 'stage2', 'stage3', 'penultimate' ]
 * ```
 *
 * @see Chen, Liu, Zhao, Jia: Distilling Knowledge via Knowledge Review, CVPR 2021, arXiv 2104.09044, as its code and mdistiller compute it.
 * There the maps are those before the ReLU of each stage, which are named as features where a model has such a layer; the warm-up counts
 * epochs from 1 as mdistiller does. The weight is 0.6 to 8 in the authors' scripts; 1 as a default is mdistiller's.
 */
export const knowledgeReview = defineMethod({
  name: 'knowledge-review',
  summary: "lead each stage, mixed with later ones, to the teacher's (ReviewKD 2021)",
  source: 'Chen, Liu, Zhao, Jia: Distilling Knowledge via Knowledge Review, CVPR 2021, arXiv 2104.09044',
  options: {
    ...severalFeatures('stage1', 'stage2', 'stage3', 'penultimate'),
    warmupEpochs,
    ...termWeights(1),
  },
  needs: featureNeeds,
  check: (options) => {
    assertPaired('knowledgeReview', options)
  },
  start(run, options) {
    assertFit(
      'knowledgeReview',
      run,
      options,
      'vectors, or maps of one height and width',
      (student, teacher) =>
        student.length === teacher.length && student.slice(0, -1).join() === teacher.slice(0, -1).join(),
    )
    const shapes = shapesOf(run, options)
    const width = Math.min(512, shapes.at(-1)!.student.at(-1)!)
    const reviews = shapes.map((pair, index) =>
      makeReview(pair, { width, isLast: index === shapes.length - 1, random: run.random.split(pair.name) }),
    )
    const variables = variablesOf(
      Object.fromEntries(
        shapes.map(({ name }, index) => [name, { variables: variablesOf({ ...reviews[index]! }) }]),
      ),
    )
    return comparison(
      options,
      (pairs, { epoch }) => {
        let later: tf.Tensor | undefined
        const terms: tf.Tensor1D[] = []
        for (const [index, { student, teacher }] of [...pairs.entries()].reverse()) {
          const review = reviews[index]!
          later = mixed(review, asMap(student), later)
          const out = review.bn2.apply(review.conv2.apply(later))
          terms.push(contextDifference({ student: out, teacher: asMap(teacher) }))
        }
        return { review: tf.mul(warmUpShare(epoch, options.warmupEpochs), tf.addN(terms)) }
      },
      variables,
    )
  },
})

/** Options of {@link knowledgeReview}. */
export type KnowledgeReviewOptions = OptionsOf<typeof knowledgeReview>

/** The layers of one stage, by the names of their variables. */
interface Review {
  readonly conv1: Adapter
  readonly bn1: Adapter
  /** There is none for the last stage, which has no later one. */
  readonly gate?: Adapter
  readonly conv2: Adapter
  readonly bn2: Adapter
}

interface ReviewOptions {
  readonly width: number
  readonly isLast: boolean
  readonly random: RandomSource
}

/** The authors draw these filters from He's uniform distribution with a = 1: ±sqrt(3 / inputs). */
const GAIN = Math.sqrt(3)

function makeReview({ student, teacher }: ShapePair, { width, isLast, random }: ReviewOptions): Review {
  const [inputs, outputs] = [student.at(-1)!, teacher.at(-1)!]
  const layer = (name: string) => ({ gain: GAIN, random: random.split(name) })
  return {
    conv1: convolution({ size: 1, inputs, outputs: width, ...layer('conv1') }),
    bn1: batchNormalization(width),
    ...(!isLast && {
      gate: convolution({ size: 1, inputs: 2 * width, outputs: 2, bias: true, random: random.split('gate') }),
    }),
    conv2: convolution({ size: 3, inputs: width, outputs, ...layer('conv2') }),
    bn2: batchNormalization(outputs),
  }
}

/** Mixes a stage with the later ones by two gates per position. */
function mixed({ conv1, bn1, gate }: Review, map: tf.Tensor, later: tf.Tensor | undefined): tf.Tensor {
  const own = bn1.apply(conv1.apply(map))
  if (gate === undefined || later === undefined) return own
  const [examples, height, width] = own.shape as [number, number, number]
  const others = enlarged(later, height, width)
  const gates = tf.sigmoid(gate.apply(tf.concat([own, others], 3)))
  const [ofOwn, ofOthers] = [0, 1].map((at) => tf.slice(gates, [0, 0, 0, at], [examples, height, width, 1]))
  return tf.add(tf.mul(own, ofOwn!), tf.mul(others, ofOthers!))
}
