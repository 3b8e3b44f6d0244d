import * as tf from '@tensorflow/tfjs-core'
import { adam, assertPositive, InvalidArgumentError, meanLoss, randomSource, withoutGradient } from '@kd/core'
import type { DistillationBatch, DistillationMethod, EpochContext } from '@kd/core'
import {
  disposeHeldOut,
  heldOutExamples,
  heldOutTurns,
  lastLayer,
} from '../adaptive-mixing/held-out-examples.js'
import { termGradients } from '../adaptive-mixing/term-gradients.js'
import type { HeldOutExamples } from '../mixing-gradient/mixing-gradient-options.js'
import { mixingGradient } from '../mixing-gradient/mixing-gradient.js'
import { assertLearningRates } from '../terms/assert-learning-rates.js'
import { mixingTerms, weightedTerms } from '../terms/mixing-terms.js'
import { weightNetwork, type WeightNetwork } from './weight-network.js'

/** Options of {@link metaWeightNet}. */
export interface MetaWeightNetOptions {
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
   * Width of the network's hidden layer.
   * @defaultValue 100
   */
  readonly hiddenUnits?: number
  /**
   * Learning rate of the network, by Adam, > 0.
   * @defaultValue 0.001
   */
  readonly networkLearningRate?: number
  /**
   * The network is trained before every epoch that is a multiple of this, >= 1.
   * @defaultValue 1
   */
  readonly every?: number
  /**
   * Batch size of the training; also the group of one look-ahead step.
   * @defaultValue 128
   */
  readonly batchSize?: number
  /**
   * Held-out examples that a group is judged on, the next ones for the next group; Infinity for all.
   * @defaultValue 1000
   */
  readonly validationBatchSize?: number
  /**
   * Of the network's initial weights.
   * @defaultValue 0
   */
  readonly seed?: number | string
}

type Settings = Readonly<Required<MetaWeightNetOptions>>

/**
 * A small network from the losses of an example to the weights of its terms, learned on held-out data.
 *
 *     weights_i = sigmoid(relu(losses_i W1 + b1) W2 + b2),   losses_i = (CE_i, temperature^2 KL_i1, ...)
 *     loss_i    = sum_k weights_ik losses_ik
 *
 * Before an epoch the network goes once over the training split in random batches, each time down the gradient of the
 * held-out loss after one look-ahead step of the student's last layer ({@link mixingGradient}). The weights are constants for the
 * student's gradient. Unlike the table of `adaptiveMixing` it has no memory of examples: two with the same losses get the same
 * weights. Parts: `label`, `teacher0`, ...
 *
 * @param options - see {@link MetaWeightNetOptions}
 * @returns a method that needs a validation split
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { selectEngine } from '@kd/core'
 * import { metaWeightNet } from '@kd/meta-mixing'
 *
 * await selectEngine('cpu')
 * const method = metaWeightNet({ teachers: 2, hiddenUnits: 50 })
 * console.log(method.name) // meta-weight-net
 * ```
 *
 * @see Shu et al.: Meta-Weight-Net, NeurIPS 2019, arXiv 1902.07379: one loss in, one weight out, 100 hidden units, updated at each
 * step through the whole student. Several losses in and out, the look-ahead through the last layer, updates between epochs
 * and Adam are ours.
 */
export function metaWeightNet(options: MetaWeightNetOptions = {}): DistillationMethod {
  const settings = settingsOf(options)
  const { teachers, every } = settings
  const network = weightNetwork(teachers + 1, settings.hiddenUnits, randomSource(settings.seed))
  const optimizer = adam()
  return {
    name: 'meta-weight-net',
    requires: { teachers, passes: { studentFeatures: ['penultimate'] }, validation: true },
    loss(batch) {
      const terms = mixingTerms(batch, settings, 'metaWeightNet')
      const weights = withoutGradient(() => network.weights(tf.stack(terms, 1)))
      const columns = tf.split(weights, terms.length, 1).map((column) => tf.squeeze(column, [1]))
      return meanLoss(weightedTerms(terms, columns))
    },
    async beforeEpoch(context) {
      const isUpdate = (epoch: number): boolean => epoch % every === 0
      assertLearningRates(context, isUpdate, 'metaWeightNet')
      if (!isUpdate(context.epoch)) return
      await trainNetwork(context, settings, (batch, validation) => {
        const gradients = networkGradients(network, settings, { batch, validation, context })
        optimizer.step(network.variables, gradients, settings.networkLearningRate)
        tf.dispose(gradients)
      })
    },
    saveState: () => ({
      ...network.save(),
      ...Object.fromEntries(
        Object.entries(optimizer.state()).map(([name, tensor]) => [`optimizer/${name}`, tf.clone(tensor)]),
      ),
    }),
    loadState(state) {
      network.load(state)
      const ofOptimizer = Object.entries(state).filter(([name]) => name.startsWith('optimizer/'))
      optimizer.loadState(
        Object.fromEntries(ofOptimizer.map(([name, tensor]) => [name.slice('optimizer/'.length), tensor])),
      )
    },
  }
}

async function trainNetwork(
  context: EpochContext,
  { batchSize, validationBatchSize }: Settings,
  step: (batch: DistillationBatch, validation: HeldOutExamples) => void,
): Promise<void> {
  const draws = context.random.split('update').split(context.epoch)
  const heldOut = await heldOutExamples(context, { shuffle: draws.split('validation') })
  try {
    const nextHeldOut = heldOutTurns(heldOut, validationBatchSize)
    await context.forEachBatch(
      'train',
      (batch) => {
        const validation = nextHeldOut()
        step(batch, validation)
        disposeHeldOut(validation)
      },
      { batchSize, shuffle: draws.split('train') },
    )
  } finally {
    disposeHeldOut(heldOut)
  }
}

/** The gradient of the look-ahead loss in the network's variables, by the chain rule through the weights. */
function networkGradients(
  network: WeightNetwork,
  settings: Settings,
  {
    batch,
    validation,
    context,
  }: {
    readonly batch: DistillationBatch
    readonly validation: HeldOutExamples
    readonly context: EpochContext
  },
): tf.Tensor[] {
  return tf.tidy(() => {
    const losses = tf.stack(mixingTerms(batch, settings, 'metaWeightNet'), 1) as tf.Tensor2D
    const slope = mixingGradient({
      termGradients: termGradients(batch, settings),
      features: lastLayer(batch).features,
      validation,
      weights: network.weights(losses),
      learningRate: context.learningRate,
    })
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.mul(slope, network.weights(losses))),
      [...network.variables],
    )
    return network.variables.map(({ name }) => grads[name]!)
  })
}

function settingsOf(options: MetaWeightNetOptions): Settings {
  const settings: Settings = {
    teachers: options.teachers ?? 1,
    temperature: options.temperature ?? 4,
    hiddenUnits: options.hiddenUnits ?? 100,
    networkLearningRate: options.networkLearningRate ?? 1e-3,
    every: options.every ?? 1,
    batchSize: options.batchSize ?? 128,
    validationBatchSize: options.validationBatchSize ?? 1000,
    seed: options.seed ?? 0,
  }
  assertPositive(settings.temperature, 'temperature', 'metaWeightNet')
  assertPositive(settings.networkLearningRate, 'networkLearningRate', 'metaWeightNet')
  for (const name of ['teachers', 'hiddenUnits', 'every', 'batchSize', 'validationBatchSize'] as const) {
    const value = settings[name]
    if (value >= 1 && (Number.isInteger(value) || (name === 'validationBatchSize' && value === Infinity)))
      continue
    throw new InvalidArgumentError(`metaWeightNet: ${name} must be a whole number >= 1, got ${value}`)
  }
  return settings
}
