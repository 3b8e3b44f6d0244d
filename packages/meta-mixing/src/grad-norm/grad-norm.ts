import * as tf from '@tensorflow/tfjs-core'
import {
  defineMethod,
  ShapeError,
  temperature,
  weight,
  withoutGradient,
  type EpochContext,
  type OptionsOf,
  type Step,
} from '@kd/core'
import { lastLayer } from '../held-out/held-out-examples.js'
import { mixingTerms, termNames, weightedTerms } from '../terms/mixing-terms.js'
import { termGradients } from '../terms/term-gradients.js'

/** Below this an initial loss counts as this: a term that is 0 from the start has no rate of its own. */
const LEAST_LOSS = 1e-6

/**
 * Weights that keep the terms' gradients at a common size, learned with the student on the training data.
 *
 *     loss    = mean_i sum_k w_k loss_ik + sum_k | G_k - target_k |
 *     G_k     = w_k * norm of the gradient of mean_i loss_ik in the student's last layer
 *     target_k = mean_j G_j * r_k ^ restoringForce                  (a constant)
 *     r_k     = (L_k / L_k at the start) / mean_j (L_j / L_j at the start)
 *     w       = K softmax(scores), K terms
 *
 * The second sum moves the scores only, the first the student only. Losses at the start are taken over the training split
 * before the first epoch. Parts: `label`, `teacher0`, ... and `balance`, the second sum.
 *
 * The scores are a variable of the method and follow the student's optimizer, weight decay included.
 *
 * @param options - see {@link GradNormOptions}
 * @returns a method for one or several teachers and a student with a dense layer at its end
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { gradNorm } from '@kd/meta-mixing'
 *
 * const method = gradNorm({ restoringForce: 0.5 })
 * console.log(method.needs.teachers) // all
 * ```
 *
 * @see Chen et al.: GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep Multitask Networks, ICML 2018, arXiv 1711.02257,
 * algorithm 1. Scores under a softmax in place of weights that are scaled to a sum of K after each step, the whole training
 * split in place of the first batch, and using it on the terms of distillation are ours.
 */
export const gradNorm = defineMethod({
  name: 'grad-norm',
  summary: "weights that keep the terms' gradients at a common size (GradNorm 2018)",
  source:
    'Chen et al.: GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep Multitask Networks, ICML 2018, arXiv 1711.02257',
  options: {
    temperature: temperature(4),
    restoringForce: weight(
      1.5,
      'how much more a term is heard that lags behind the others: the alpha of the paper',
    ),
  },
  needs: { teachers: 'all', studentFeatures: ['penultimate'] },
  start(run, { temperature, restoringForce }) {
    const names = termNames(run.teachers.length)
    const scores = tf.tidy(() => tf.variable(tf.zeros([names.length])))
    let initialLosses: Float32Array | undefined
    return {
      variables: { scores },
      phases: [
        {
          learner: 'student',
          loss(step) {
            const terms = mixingTerms(step, temperature)
            const weights = tf.mul<tf.Tensor1D>(terms.length, tf.softmax(scores))
            const constants = withoutGradient(() => tf.clone(weights))
            const rates = withoutGradient(() => trainingRates(terms, initialLosses))
            const norms = withoutGradient(() => gradientNorms(step, temperature))
            const targets = withoutGradient(() =>
              tf.mul(tf.mean(tf.mul(weights, norms)), tf.pow(rates, restoringForce)),
            )
            const balance = tf.sum(tf.abs(tf.sub(tf.mul(weights, norms), targets)))
            return {
              ...weightedTerms(names, terms, tf.split(constants, terms.length)),
              balance: tf.mul(balance, tf.onesLike(terms[0]!)),
            }
          },
        },
      ],
      async beforeEpoch(context) {
        initialLosses ??= await meanLosses(context, names.length, temperature)
      },
      save: (): tf.NamedTensorMap =>
        initialLosses === undefined ? {} : { initialLosses: tf.tensor1d(initialLosses.slice()) },
      load({ initialLosses: saved }) {
        if (saved !== undefined && saved.size !== names.length) {
          throw new ShapeError(`gradNorm: state must have ${names.length} initialLosses, got ${saved.size}`)
        }
        initialLosses = saved?.dataSync<'float32'>().slice()
      },
    }
  },
})

/** Options of {@link gradNorm}. */
export type GradNormOptions = OptionsOf<typeof gradNorm>

/** r_k; 1 for each term before the run has begun. */
function trainingRates(terms: readonly tf.Tensor1D[], initialLosses: Float32Array | undefined): tf.Tensor1D {
  if (initialLosses === undefined) return tf.ones([terms.length])
  const losses = tf.stack(terms.map((term) => tf.mean(term)))
  const ratios = tf.div(losses, tf.tensor1d(initialLosses.map((loss) => Math.max(loss, LEAST_LOSS))))
  return tf.div(ratios, tf.mean(ratios))
}

/** Gives the norm of the gradient of the mean of each term in kernel and bias of the last layer. */
function gradientNorms(step: Step, temperature: number): tf.Tensor1D {
  const { features } = lastLayer(step)
  const norms = termGradients(step, { temperature, batchSize: step.ids.length }).map((gradient) => {
    const ofKernel = tf.sum(tf.square(tf.matMul(features, gradient, true)))
    return tf.sqrt(tf.add(ofKernel, tf.sum(tf.square(tf.sum(gradient, 0)))))
  })
  return tf.stack(norms) as tf.Tensor1D
}

/** The mean of each of K terms over the training split. */
async function meanLosses(context: EpochContext, terms: number, temperature: number): Promise<Float32Array> {
  const sums = new Float64Array(terms)
  await context.forEachBatch('train', async (step) => {
    const batchSums = tf.tidy(() => tf.stack(mixingTerms(step, temperature).map((term) => tf.sum(term))))
    const values = await batchSums.data<'float32'>()
    batchSums.dispose()
    values.forEach((sum, term) => (sums[term]! += sum))
  })
  return Float32Array.from(sums, (sum) => sum / context.train.ids.length)
}
