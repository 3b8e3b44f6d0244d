import * as tf from '@tensorflow/tfjs-core'
import type { EpochContext, MethodNotes } from '@kd/core'
import { disposeHeldOut, heldOutExamples, heldOutTurns } from '../held-out/held-out-examples.js'
import { heldOutNoise } from '../held-out/held-out-noise.js'
import type { MixedTerms } from '../terms/mixed-terms.js'
import { mixingNotes } from './mixing-notes.js'
import type { MixingSettings } from './mixing-options.js'
import type { MixingTable } from './mixing-table.js'
import { updateGroup } from './update-group.js'

/** What an update works with. */
export interface TableUpdate {
  readonly settings: MixingSettings
  readonly terms: MixedTerms
  readonly context: EpochContext
}

/**
 * Updates the weights of every training example, group by group in random order.
 *
 * @param table - is read and written
 * @param update - settings, terms, and the epoch that is about to start
 * @returns figures of the update for the log
 */
export async function updateTable(table: MixingTable, update: TableUpdate): Promise<MethodNotes> {
  const { settings, terms, context } = update
  const { epoch, learningRate, train, random, student } = context
  const draws = random.split('update').split(epoch)
  const before = table.read(train.ids)
  const withInputs = settings.lookAhead === 'network'
  const heldOut = await heldOutExamples(context, { shuffle: draws.split('validation'), withInputs })
  try {
    const nextHeldOut = heldOutTurns(heldOut, settings.validationBatchSize)
    let group = 0
    await context.forEachBatch(
      'train',
      async (step) => {
        const { ids, inputs, labels } = step
        const ofViews = { ids, inputs, labels, epoch, step: group, random: draws.split('views').split(group) }
        group += 1
        const viewInputs = (await terms.views?.(ofViews)) ?? {}
        const validation = nextHeldOut()
        try {
          await updateGroup(table, settings, { step, validation, learningRate, terms, student, viewInputs })
        } finally {
          disposeHeldOut(validation)
          tf.dispose(viewInputs)
        }
      },
      { batchSize: settings.batchSize * settings.groupBatches, shuffle: draws.split('train') },
    )
    return mixingNotes(terms.names, { before, after: table.read(train.ids) }, await heldOutNoise(heldOut))
  } finally {
    disposeHeldOut(heldOut)
  }
}
