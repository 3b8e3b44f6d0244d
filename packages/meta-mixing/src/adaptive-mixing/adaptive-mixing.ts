import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError, meanLoss, type DistillationMethod, type EpochContext } from '@kd/core'
import { assertLearningRates } from '../terms/assert-learning-rates.js'
import { termNames, termScales, unscaledTerms, weightedTerms } from '../terms/mixing-terms.js'
import { disposeHeldOut, heldOutExamples, heldOutTurns } from './held-out-examples.js'
import { heldOutNoise } from './held-out-noise.js'
import { mixingSettings, type AdaptiveMixingOptions, type MixingSettings } from './mixing-options.js'
import { mixingRules } from './mixing-rules.js'
import { MixingTable } from './mixing-table.js'
import { mixingUpdate, type MixingUpdate } from './mixing-update.js'
import { updateGroup } from './update-group.js'

/** A method whose mixing weights can be read. */
export interface AdaptiveMixing extends DistillationMethod {
  /** Names of the K weights of an example: `label`, `teacher0`, ... */
  readonly terms: readonly string[]
  /**
   * Current weights of training examples.
   *
   * @param ids - their ids
   * @returns [n, K] row by row
   * @throws {@link InvalidArgumentError} before the run, and for an id that the training split does not have
   */
  weightsOf(ids: ArrayLike<number>): Float32Array
}

/**
 * Learned mixing (ALM-KD, AMAL): how loudly the label and each teacher speak is learned for each example, on held-out data.
 *
 *     loss_i = weights_i0 * CE(student_i, label_i)
 *            + sum_m weights_im * temperature^2 * KL(teacher_im || student_i at temperature)
 *
 * The weights are a table by example id. Before every `every`-th epoch, training examples are taken in random groups; for
 * each, the weights go down the gradient of the held-out cross-entropy after one look-ahead step of the student's last
 * layer on the group ({@link mixingGradient}), `repeats` times:
 *
 *     'amal'     weights_ik <- clamp(weights_ik - stepSize * gradient_ik, 1e-7, 2 - 1e-7)
 *     'alm-kd'   weights_im <- clamp(weights_im - stepSize * (gradient_im - gradient_i0), 1e-7, 1 - 1e-7)
 *                weights_i0 <- 1 - max_m weights_im
 *     'softmax'  scores_ik  <- scores_ik - stepSize * weights_ik (gradient_ik - sum_j weights_ij gradient_ij)
 *                weights_i  <- softmax(scores_i)
 *
 * Parts: `label`, `teacher0`, `teacher1`, ... The student needs a dense layer at its end, the data set a validation split,
 * and the learning rate must not be 0 at any update, which it scales: that is checked before the first epoch. Before the run's first epoch the loss has the initial
 * weights (for `'alm-kd'` their mean).
 *
 * The authors' code is followed in constants and order of updates. Ours: the training order of an update is drawn anew each
 * time, and so is the order of the held-out examples; `'alm-kd'` takes the group as the training part of its direction, has
 * several batches in a group, and for several teachers keeps the validation loss of one teacher; `'softmax'` has the
 * constants of `'amal'`, the authors' being unknown to us. With mixed inputs (mixup) the first example's weights count.
 *
 * @param options - see {@link AdaptiveMixingOptions}
 * @returns a method for one or several teachers
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { adaptiveMixing, adaptiveMixingPresets } from '@kd/meta-mixing'
 *
 * const method = adaptiveMixing({ ...adaptiveMixingPresets.cifar100, teachers: 2 })
 * console.log(method.terms.join()) // label,teacher0,teacher1
 * ```
 *
 * @see Sivasubramanian et al.: Adaptive Mixing of Auxiliary Losses in Supervised Learning, AAAI 2023, arXiv 2202.03250 (its first
 * version is ALM-KD); https://github.com/durgas16/AMAL
 */
export function adaptiveMixing(options: AdaptiveMixingOptions = {}): AdaptiveMixing {
  const settings = mixingSettings(options)
  const { teachers } = settings
  const terms = termNames(teachers)
  const scales = termScales(settings)
  const initial = mixingRules[settings.variant].initial(settings)
  let table: MixingTable | undefined

  return {
    name: 'adaptive-mixing',
    terms,
    requires: { teachers, passes: { studentFeatures: ['penultimate'] }, validation: true },
    loss(batch) {
      const losses = unscaledTerms(batch, settings, 'adaptiveMixing')
      // Scaled outside of the graph, which every training step goes through twice.
      const weights = table?.columns(batch.ids, scales).map((column) => tf.tensor1d(column))
      return meanLoss(weightedTerms(losses, weights ?? initial.map((weight, term) => weight * scales[term]!)))
    },
    async beforeEpoch(context) {
      table ??= MixingTable.create(context.train, terms.length, (id) =>
        mixingRules[settings.variant].initial(settings, context.random.split('initial weights').split(id)),
      )
      table.assertFits(context.train)
      const isUpdate = (epoch: number): boolean =>
        epoch >= settings.warmUpEpochs && epoch % settings.every === 0
      assertLearningRates(context, isUpdate, 'adaptiveMixing')
      if (!isUpdate(context.epoch)) return
      const update = await updateTable(table, { settings, terms, context })
      options.onUpdate?.(update)
    },
    saveState: () => table?.save() ?? {},
    loadState(state) {
      table = Object.keys(state).length === 0 ? undefined : MixingTable.load(state, terms.length)
    },
    weightsOf(ids) {
      if (table !== undefined) return table.read(ids)
      throw new InvalidArgumentError('weightsOf: weights must have been made by a run, got none', {
        hint: 'they are there from the first beforeEpoch or loadState on',
      })
    },
  }
}

/** One update of the whole table. */
async function updateTable(
  table: MixingTable,
  run: {
    readonly settings: MixingSettings
    readonly terms: readonly string[]
    readonly context: EpochContext
  },
): Promise<MixingUpdate> {
  const { settings, terms, context } = run
  const { epoch, learningRate, train, random } = context
  const draws = random.split('update').split(epoch)
  const before = table.read(train.ids)
  const withInputs = settings.lookAhead === 'network'
  const heldOut = await heldOutExamples(context, { shuffle: draws.split('validation'), withInputs })
  try {
    const nextHeldOut = heldOutTurns(heldOut, settings.validationBatchSize)
    await context.forEachBatch(
      'train',
      async (batch) => {
        const validation = nextHeldOut()
        try {
          const { student } = context
          await updateGroup(table, settings, { batch, validation, learningRate, terms, student })
        } finally {
          disposeHeldOut(validation)
        }
      },
      { batchSize: settings.batchSize * settings.groupBatches, shuffle: draws.split('train') },
    )
    return mixingUpdate(epoch, terms, { before, after: table.read(train.ids) }, await heldOutNoise(heldOut))
  } finally {
    disposeHeldOut(heldOut)
  }
}
