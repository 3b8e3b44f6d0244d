import { classification, optionsSchema, parseOptions, type EpochStudent, type Step } from '@kd/core'
import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import golden from './update-group.golden.json' with { type: 'json' }
import { teacherTerms } from '../terms/mixed-terms.js'
import { adaptiveMixingOptions, mixingSettings, type GivenMixingOptions } from './mixing-options.js'
import type { MixingVariant } from './mixing-rules.js'
import { MixingTable } from './mixing-table.js'
import { updateGroup, type GroupUpdate } from './update-group.js'

type GoldenUpdate = (typeof golden.cases)[number]

const settingsOf = ({ variant, batchSize, stepSize, repeats, trainShare }: GoldenUpdate) => {
  const given = { variant: variant as MixingVariant, stepSize, repeats, trainShare }
  const schema = optionsSchema(adaptiveMixingOptions)
  return mixingSettings(parseOptions('adaptiveMixing', schema, given) as GivenMixingOptions, batchSize)
}

/** Ids that are neither in order nor without gaps, as after a split. */
const idsOf = ({ train }: GoldenUpdate): Int32Array => Int32Array.from(train.labels, (_, row) => 40 - 3 * row)

function groupOf(update: GoldenUpdate): GroupUpdate {
  const { train, validation, learningRate } = update
  const step: Step = {
    ids: idsOf(update),
    inputs: tf.tensor2d(train.features),
    labels: tf.tensor1d(train.labels, 'int32'),
    studentLogits: tf.tensor2d(train.logits),
    teacherLogits: train.teacherLogits.map((logits) => tf.tensor2d(logits)),
    studentFeatures: { penultimate: tf.tensor2d(train.features) },
    teacherFeatures: train.teacherLogits.map(() => ({})),
    task: classification({ outputs: train.logits[0]!.length }),
    views: {},
    epoch: 10,
  }
  const heldOut = {
    features: tf.tensor2d(validation.features),
    logits: tf.tensor2d(validation.logits),
    labels: tf.tensor1d(validation.labels, 'int32'),
    ids: Int32Array.from(validation.labels, (_, row) => 900 + row),
  }
  const terms = teacherTerms(train.teacherLogits.length, 4)
  const student: EpochStudent = {
    variables: [],
    logits: () => step.studentLogits,
    forward: () => ({ logits: step.studentLogits, features: {} }),
  }
  return { step, validation: heldOut, learningRate, terms, student }
}

function tableOf(update: GoldenUpdate): MixingTable {
  const ids = idsOf(update)
  const train = { ids, labels: Int32Array.from(update.train.labels) }
  return MixingTable.create(train, update.before[0]!.length, (id) => update.before[ids.indexOf(id)]!)
}

const withNumber = (tensor: tf.Tensor2D, row: number, value: number): tf.Tensor2D => {
  const values = tensor.arraySync()
  values[row]![0] = value
  return tf.tensor2d(values)
}

describe('updateGroup', () => {
  it.each(golden.cases)('gives the weights that autograd gives: $name', async (update) => {
    const table = tableOf(update)
    await updateGroup(table, settingsOf(update), groupOf(update))
    expectAllClose(Array.from(table.read(idsOf(update))), update.after.flat(), { absolute: 2e-5 })
  })

  it('keeps weights in the range of the variant, whatever the step', async () => {
    for (const update of golden.cases) {
      const table = tableOf(update)
      await updateGroup(table, { ...settingsOf(update), stepSize: 1e6 }, groupOf(update))
      const columns = update.before[0]!.length
      const weights = table.read(idsOf(update))
      for (let start = 0; start < weights.length; start += columns) {
        const [label, ...teachers] = Array.from(weights.subarray(start, start + columns))
        const largest = update.variant === 'amal' ? 2 : 1
        for (const weight of [label!, ...teachers]) {
          expect(weight).toBeGreaterThanOrEqual(0)
          expect(weight).toBeLessThanOrEqual(largest)
        }
        if (update.variant === 'amal') expect(Math.min(label!, ...teachers)).toBeGreaterThan(0)
        if (update.variant === 'amal') expect(Math.max(label!, ...teachers)).toBeLessThan(2)
        if (update.variant === 'alm-kd') expect(label! + Math.max(...teachers)).toBeCloseTo(1, 6)
        if (update.variant === 'softmax') {
          expect(teachers.reduce((sum, weight) => sum + weight, label!)).toBeCloseTo(1, 6)
        }
      }
    }
  })

  it('lowers the held-out loss of the step that it looks ahead to', async () => {
    const update = golden.cases[0]!
    const group = groupOf(update)
    const gradient = async (table: MixingTable): Promise<number> => {
      const before = table.read(group.step.ids)
      await updateGroup(table, { ...settingsOf(update), repeats: 1, stepSize: 1e-3 }, group)
      return Math.hypot(...table.read(group.step.ids).map((weight, index) => weight - before[index]!))
    }
    const table = tableOf(update)
    const steepBefore = await gradient(table)
    await updateGroup(table, { ...settingsOf(update), stepSize: 20, repeats: 50 }, group)
    expect(await gradient(table)).toBeLessThan(steepBefore)
  })

  it('leaves no tensor alive', async () => {
    const update = golden.cases[2]!
    const [table, group] = [tableOf(update), groupOf(update)]
    await expectNoLeak(() => updateGroup(table, settingsOf(update), group))
  })

  const update = golden.cases[1]!
  const group = groupOf(update)
  const { step } = group
  it.each<[string, GroupUpdate, RegExp]>([
    [
      'a teacher',
      {
        ...group,
        step: {
          ...step,
          teacherLogits: [step.teacherLogits[0]!, withNumber(step.teacherLogits[1]!, 2, NaN)],
        },
      },
      /the gradient of teacher1 must be finite, got NaN for the example with id 34/,
    ],
    [
      'the student',
      { ...group, step: { ...step, studentLogits: withNumber(step.studentLogits, 1, NaN) } },
      /the gradient of label must be finite, got NaN for the example with id 37/,
    ],
    [
      'the features',
      {
        ...group,
        step: {
          ...step,
          studentFeatures: {
            penultimate: withNumber(step.studentFeatures['penultimate'] as tf.Tensor2D, 0, Infinity),
          },
        },
      },
      /the student's features must be finite, got Infinity for the example with id 40/,
    ],
    [
      'the validation split',
      { ...group, validation: { ...group.validation, logits: withNumber(group.validation.logits, 2, NaN) } },
      /the student must be finite on the validation split, got NaN for the example with id 902/,
    ],
  ])(
    'names the example where %s is not finite, and leaves the table as it was',
    async (_, broken, message) => {
      const table = tableOf(update)
      await expect(updateGroup(table, settingsOf(update), broken)).rejects.toThrow(message)
      expectAllClose(Array.from(table.read(idsOf(update))), update.before.flat())
    },
  )

  it('refuses an id that the table does not know', async () => {
    const other = { ...group, step: { ...step, ids: Int32Array.of(40, 37, 34, 31, 29) } }
    await expect(updateGroup(tableOf(update), settingsOf(update), other)).rejects.toThrow(
      'adaptiveMixing: ids must be of the training split, got 29',
    )
  })
})
