import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, type NamedVariables, type OptionsOf } from '@kd/core'
import { convolution, variablesOf, type Adapter } from '../terms/adapters.js'
import {
  assertFit,
  assertPaired,
  comparison,
  featureNeeds,
  isMap,
  severalFeatures,
  shapesOf,
  termWeights,
  type FeaturePair,
  type ShapePair,
} from '../terms/compared-features.js'
import { meanOfExample, sameSize } from '../terms/maps.js'

/**
 * Variational information distillation: for each stage a small network guesses the teacher's map from the student's, and says how sure it is
 * of each channel. What is minimised is the negative logarithm of the guess' normal density, a bound of the mutual information.
 *
 *     mu      = three 1x1 convolutions of the student's map without bias, ReLU between them
 *     sigma^2 = log(1 + exp(a)) + 1e-5, with one trainable a for each of the teacher's channels; 5 at the start
 *     loss_i  = hardLossWeight * labelLoss(student_i, label_i) + featureWeight * sum over stages of
 *               mean over units of ((teacher_i - mu_i)^2 / sigma^2 + log sigma^2) / 2
 *
 * The larger of two maps is pooled to the size of the smaller. The term may be negative. Parts: `label`, `variational`.
 *
 * @param options - see {@link VariationalInformationOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range or lists of different lengths, {@link ShapeError} when a run begins whose
 * features are no maps
 *
 * @example
 * ```ts
 * import { variationalInformation } from '@kd/features'
 *
 * const method = variationalInformation({ studentFeatures: ['stage2'], teacherFeatures: ['stage2'] })
 * console.log(method.needs.studentFeatures) // [ 'stage2' ]
 * ```
 *
 * @see Ahn et al.: Variational Information Distillation for Knowledge Transfer, CVPR 2019, arXiv 1904.05835. The network, the first
 * variance, the stages and the weight 1 are those of RepDistiller's code. mdistiller's never trains the variances.
 */
export const variationalInformation = defineMethod({
  name: 'variational-information',
  summary: "guess the teacher's maps from the student's, with a variance for each channel (VID 2019)",
  source:
    'Ahn et al.: Variational Information Distillation for Knowledge Transfer, CVPR 2019, arXiv 1904.05835',
  options: { ...severalFeatures('stage1', 'stage2', 'stage3'), ...termWeights(1) },
  needs: featureNeeds,
  check: (options) => {
    assertPaired('variationalInformation', options)
  },
  start(run, options) {
    assertFit(
      'variationalInformation',
      run,
      options,
      'maps [height, width, channels]',
      (student, teacher) => isMap(student) && isMap(teacher),
    )
    const random = run.random.split('guess')
    const guesses = shapesOf(run, options).map((shapes) => makeGuess(shapes, random.split(shapes.name)))
    const variables = variablesOf(
      Object.fromEntries(shapesOf(run, options).map(({ name }, stage) => [name, guesses[stage]!])),
    )
    return comparison(
      options,
      (pairs) => ({ variational: tf.addN(pairs.map((pair, stage) => difference(pair, guesses[stage]!))) }),
      variables,
    )
  },
})

/** Options of {@link variationalInformation}. */
export type VariationalInformationOptions = OptionsOf<typeof variationalInformation>

/** The network of one stage. */
interface Guess {
  readonly variables: NamedVariables
  readonly layers: readonly Adapter[]
  /** The numbers a, [C]. */
  readonly variance: tf.Variable
}

/** The variance at the start, and the least one. */
const [FIRST, LEAST] = [5, 1e-5]

function makeGuess(
  { student, teacher }: ShapePair,
  random: Parameters<typeof convolution>[0]['random'],
): Guess {
  const outputs = teacher[2]!
  const layers = [student[2]!, outputs, outputs].map((inputs, layer) =>
    convolution({ size: 1, inputs, outputs, random: random.split(`conv${layer + 1}`) }),
  )
  const variance = tf.variable(tf.fill([outputs], Math.log(Math.exp(FIRST - LEAST) - 1)))
  const named = Object.fromEntries(layers.map((layer, index) => [`conv${index + 1}`, layer]))
  return { layers, variance, variables: { ...variablesOf(named), variance } }
}

function difference(pair: FeaturePair, { layers, variance }: Guess): tf.Tensor1D {
  const { student, teacher } = sameSize(pair)
  const mean = layers.reduce((map, layer, index) => layer.apply(index === 0 ? map : tf.relu(map)), student)
  const spread = tf.add(tf.softplus(variance), LEAST)
  const densities = tf.add(tf.div(tf.squaredDifference(mean, teacher), spread), tf.log(spread))
  return tf.mul(0.5, meanOfExample(densities))
}
