import * as tf from '@tensorflow/tfjs-core'
import {
  assertInRange,
  assertPositive,
  InvalidArgumentError,
  meanLoss,
  ShapeError,
  withoutGradient,
  type DistillationBatch,
  type DistillationMethod,
  type EpochContext,
} from '@kd/core'
import { lastLayer } from '../adaptive-mixing/held-out-examples.js'
import { termGradients } from '../adaptive-mixing/term-gradients.js'
import { mixingTerms, weightedTerms, type MixingTermOptions } from '../terms/mixing-terms.js'

/** Options of {@link gradNorm}. */
export interface GradNormOptions {
  /**
   * How many teachers are mixed, >= 1.
   * @defaultValue 1
   */
  readonly teachers?: number
  /**
   * Softens teachers and student, > 0.
   * @defaultValue 4
   */
  readonly temperature?: number
  /**
   * How much more a term is heard that lags behind the others, >= 0: the alpha of the paper.
   * @defaultValue 1.5
   */
  readonly restoringForce?: number
}

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
 * The scores are `variables` of the method and follow the student's optimizer, weight decay included.
 *
 * @param options - see {@link GradNormOptions}
 * @returns a method with variables of its own; dispose them when it is no longer needed
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { selectEngine } from '@kd/core'
 * import { gradNorm } from '@kd/meta-mixing'
 *
 * await selectEngine('cpu')
 * const method = gradNorm({ teachers: 2, restoringForce: 0.5 })
 * console.log(method.variables?.[0]?.size) // 3
 * ```
 *
 * @see Chen et al.: GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep Multitask Networks, ICML 2018, arXiv 1711.02257,
 * algorithm 1. Scores under a softmax in place of weights that are scaled to a sum of K after each step, the whole training
 * split in place of the first batch, and using it on the terms of distillation are ours.
 */
export function gradNorm(options: GradNormOptions = {}): DistillationMethod {
  const { teachers = 1, temperature = 4, restoringForce = 1.5 } = options
  if (!Number.isInteger(teachers) || teachers < 1) {
    throw new InvalidArgumentError(`gradNorm: teachers must be a whole number >= 1, got ${teachers}`)
  }
  assertPositive(temperature, 'temperature', 'gradNorm')
  assertInRange(restoringForce, { min: 0 }, 'restoringForce', 'gradNorm')
  const settings = { teachers, temperature }
  const scores = tf.variable(tf.zeros([teachers + 1]))
  let initialLosses: Float32Array | undefined
  return {
    name: 'grad-norm',
    requires: { teachers, studentFeatures: ['penultimate'] },
    variables: [scores],
    loss(batch) {
      const terms = mixingTerms(batch, settings, 'gradNorm')
      const weights = tf.mul<tf.Tensor1D>(terms.length, tf.softmax(scores))
      const constants = withoutGradient(() => tf.clone(weights))
      const rates = withoutGradient(() => trainingRates(terms, initialLosses))
      const norms = withoutGradient(() => gradientNorms(batch, temperature))
      const targets = withoutGradient(() =>
        tf.mul(tf.mean(tf.mul(weights, norms)), tf.pow(rates, restoringForce)),
      )
      const balance = tf.sum(tf.abs(tf.sub(tf.mul(weights, norms), targets)))
      return meanLoss({
        ...weightedTerms(terms, tf.split(constants, terms.length)),
        balance: tf.mul(balance, tf.onesLike(terms[0]!)),
      })
    },
    async beforeEpoch(context) {
      initialLosses ??= await meanLosses(context, settings)
    },
    saveState: () => ({
      scores: tf.clone(scores),
      ...(initialLosses && { initialLosses: tf.tensor1d(initialLosses.slice()) }),
    }),
    loadState(state) {
      if (state['scores']?.size !== scores.size) {
        throw new ShapeError(
          `gradNorm: state must have ${scores.size} scores, got ${state['scores']?.size ?? 'none'}`,
        )
      }
      scores.assign(state['scores'])
      initialLosses = state['initialLosses']?.dataSync<'float32'>().slice()
    },
  }
}

/** r_k; 1 for each term before the run has begun. */
function trainingRates(terms: readonly tf.Tensor1D[], initialLosses: Float32Array | undefined): tf.Tensor1D {
  if (initialLosses === undefined) return tf.ones([terms.length])
  const losses = tf.stack(terms.map((term) => tf.mean(term)))
  const ratios = tf.div(losses, tf.tensor1d(initialLosses.map((loss) => Math.max(loss, LEAST_LOSS))))
  return tf.div(ratios, tf.mean(ratios))
}

/** Of the mean of each term in kernel and bias of the last layer. */
function gradientNorms(batch: DistillationBatch, temperature: number): tf.Tensor1D {
  const { features } = lastLayer(batch)
  const norms = termGradients(batch, { temperature, batchSize: batch.ids.length }).map((gradient) => {
    const ofKernel = tf.sum(tf.square(tf.matMul(features, gradient, true)))
    return tf.sqrt(tf.add(ofKernel, tf.sum(tf.square(tf.sum(gradient, 0)))))
  })
  return tf.stack(norms) as tf.Tensor1D
}

async function meanLosses(context: EpochContext, settings: MixingTermOptions): Promise<Float32Array> {
  const sums = new Float64Array(settings.teachers + 1)
  await context.forEachBatch('train', async (batch) => {
    const means = tf.tidy(() =>
      tf.stack(mixingTerms(batch, settings, 'gradNorm').map((term) => tf.sum(term))),
    )
    const values = await means.data<'float32'>()
    means.dispose()
    values.forEach((sum, term) => (sums[term]! += sum))
  })
  return Float32Array.from(sums, (sum) => sum / context.train.ids.length)
}
