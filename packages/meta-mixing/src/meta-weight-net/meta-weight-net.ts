import * as tf from '@tensorflow/tfjs-core'
import {
  adam,
  count,
  defineMethod,
  positive,
  temperature,
  withoutGradient,
  type EpochContext,
  type OptionsOf,
  type Step,
} from '@kd/core'
import { disposeHeldOut, heldOutExamples, heldOutTurns, lastLayer } from '../held-out/held-out-examples.js'
import { heldOutSize, validationBatchSize } from '../held-out/validation-batch-size.js'
import type { HeldOutExamples } from '../mixing-gradient/mixing-gradient-options.js'
import { mixingGradient } from '../mixing-gradient/mixing-gradient.js'
import { assertLearningRates } from '../terms/assert-learning-rates.js'
import { mixingTerms, termNames, weightedTerms, weightName } from '../terms/mixing-terms.js'
import { termGradients } from '../terms/term-gradients.js'
import { weightNetwork, type WeightNetwork } from './weight-network.js'

/**
 * A small network from the losses of an example to the weights of its terms, learned on held-out data.
 *
 *     weights_i = sigmoid(relu(losses_i W1 + b1) W2 + b2),   losses_i = (CE_i, temperature^2 KL_i1, ...)
 *     loss_i    = sum_k weights_ik losses_ik
 *
 * Before an epoch the network goes once over the training split in random batches, each time down the gradient of the
 * held-out loss after one look-ahead step of the student's last layer ({@link mixingGradient}). The weights are constants for the
 * student's gradient. Unlike the table of `adaptiveMixing` it has no memory of examples: two with the same losses get the same
 * weights. Parts: `label`, `teacher0`, ... By example it gives `labelWeight`, `teacher0Weight`, ... of the student in use, where student and
 * teachers are run for it.
 *
 * @param options - see {@link MetaWeightNetOptions}
 * @returns a method for one or several teachers that needs a validation split
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { metaWeightNet } from '@kd/meta-mixing'
 *
 * const method = metaWeightNet({ hiddenUnits: 50 })
 * console.log(method.name) // meta-weight-net
 * ```
 *
 * @see Shu et al.: Meta-Weight-Net, NeurIPS 2019, arXiv 1902.07379: one loss in, one weight out, 100 hidden units, updated at each
 * step through the whole student. Several losses in and out, the look-ahead through the last layer, updates between epochs
 * and Adam are ours.
 */
export const metaWeightNet = defineMethod({
  name: 'meta-weight-net',
  summary: 'a small network from losses to weights, learned on held-out data (Shu 2019)',
  source: 'Shu et al.: Meta-Weight-Net, NeurIPS 2019, arXiv 1902.07379',
  options: {
    temperature: temperature(4),
    hiddenUnits: count(100, "width of the network's hidden layer"),
    networkLearningRate: positive(0.001, 'learning rate of the network, which Adam trains'),
    every: count(1, 'the network is trained before every epoch that is a multiple of this'),
    validationBatchSize: validationBatchSize(1000),
  },
  needs: {
    teachers: 'all',
    passes: { studentFeatures: ['penultimate'] },
    validation: true,
    exampleOutputs: true,
  },
  start(run, options) {
    const { temperature, every } = options
    const names = termNames(run.teachers.length)
    const network = weightNetwork(names.length, options.hiddenUnits, run.random.split('initial weights'))
    const optimizer = adam().start()
    return {
      phases: [
        {
          learner: 'student',
          loss(step) {
            const terms = mixingTerms(step, temperature)
            const weights = withoutGradient(() => network.weights(tf.stack(terms, 1)))
            const columns = tf.split(weights, terms.length, 1).map((column) => tf.squeeze(column, [1]))
            return weightedTerms(names, terms, columns)
          },
        },
      ],
      async beforeEpoch(context) {
        const isUpdate = (epoch: number): boolean => epoch % every === 0
        assertLearningRates(context, isUpdate, 'metaWeightNet')
        if (!isUpdate(context.epoch)) return
        const { learningRate } = context
        const settings = { temperature, learningRate, batchSize: run.batchSize }
        const heldOutPerBatch = heldOutSize(options.validationBatchSize)
        await visitGroups(context, { batchSize: run.batchSize, heldOutPerBatch }, (step, validation) => {
          const gradients = networkGradients(network, settings, { step, validation })
          optimizer.step(network.variables, gradients, options.networkLearningRate)
          tf.dispose(gradients)
        })
      },
      save: () => ({
        ...network.save(),
        ...Object.fromEntries(
          Object.entries(optimizer.state()).map(([name, tensor]) => [`optimizer/${name}`, tf.clone(tensor)]),
        ),
      }),
      load(state) {
        network.load(state)
        const ofOptimizer = Object.entries(state).filter(([name]) => name.startsWith('optimizer/'))
        optimizer.loadState(
          Object.fromEntries(ofOptimizer.map(([name, tensor]) => [name.slice('optimizer/'.length), tensor])),
        )
      },
      examples: (_, step) =>
        step === undefined ? {} : weightsByName(network, names, () => mixingTerms(step, temperature)),
      dispose() {
        network.dispose()
        optimizer.dispose()
      },
    }
  },
})

/** Options of {@link metaWeightNet}. */
export type MetaWeightNetOptions = OptionsOf<typeof metaWeightNet>

/** The weights that the network gives examples with such losses, by the names that logs show. */
async function weightsByName(
  network: WeightNetwork,
  names: readonly string[],
  losses: () => tf.Tensor1D[],
): Promise<Record<string, Float32Array>> {
  const weights = tf.tidy(() => tf.transpose(network.weights(tf.stack(losses(), 1))))
  const values = await weights.data<'float32'>()
  weights.dispose()
  const examples = values.length / names.length
  return Object.fromEntries(
    names.map((name, term) => [weightName(name), values.slice(term * examples, (term + 1) * examples)]),
  )
}

/** Goes over the training split in random batches, each with the held-out examples that it is judged on. */
async function visitGroups(
  context: EpochContext,
  { batchSize, heldOutPerBatch }: { readonly batchSize: number; readonly heldOutPerBatch: number },
  visit: (step: Step, validation: HeldOutExamples) => void,
): Promise<void> {
  const draws = context.random.split('update').split(context.epoch)
  const heldOut = await heldOutExamples(context, { shuffle: draws.split('validation') })
  try {
    const nextHeldOut = heldOutTurns(heldOut, heldOutPerBatch)
    await context.forEachBatch(
      'train',
      (step) => {
        const validation = nextHeldOut()
        visit(step, validation)
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
  settings: { readonly temperature: number; readonly learningRate: number; readonly batchSize: number },
  { step, validation }: { readonly step: Step; readonly validation: HeldOutExamples },
): tf.Tensor[] {
  return tf.tidy(() => {
    const losses = tf.stack(mixingTerms(step, settings.temperature), 1) as tf.Tensor2D
    const slope = mixingGradient({
      termGradients: termGradients(step, settings),
      features: lastLayer(step).features,
      validation,
      weights: network.weights(losses),
      learningRate: settings.learningRate,
    })
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.mul(slope, network.weights(losses))),
      [...network.variables],
    )
    return network.variables.map(({ name }) => grads[name]!)
  })
}
