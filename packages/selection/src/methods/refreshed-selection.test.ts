import { distill, sgd, type EpochMetrics, type Method, type TrainingCheckpoint } from '@kd/core'
import { labelRevision, vanillaKd } from '@kd/losses'
import { expectAllClose, methodBatch, noiseDataset, noiseNetwork, startMethod } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { correctness, labelConfidence, margin, randomScores } from '../scores/scores.js'
import { lastLayerInfluence } from '../influence/last-layer-influence.js'
import { randomProblem } from '../testing/random-problem.js'
import { refreshedSelection } from './refreshed-selection.js'
import { refreshedWeights } from './refreshed-weights.js'
import { scoreNames, scoreSplits, type ScoreFunction, type ScoreName } from './split-scores.js'
import { weighted } from './weighted.js'

const batch = methodBatch({
  studentLogits: [
    [1, 2, -1],
    [0, 0.5, 0.2],
    [2, -1, 0],
    [0.3, 0.1, 1],
  ],
  teacherLogits: [
    [
      [3, 1, 0],
      [0, 2, 1],
      [1, 1.5, -1],
      [0, 0, 4],
    ],
  ],
  labels: [0, 2, 1, 2],
})

const { train, validation } = randomProblem({ examples: 90, classes: 3, width: 4, seed: 2 })
const dataset = {
  name: 'random',
  inputShape: [4],
  classNames: ['a', 'b', 'c'],
  normalization: { mean: [0], standardDeviation: [1] },
  train: {
    inputs: Float32Array.from(train.features.values),
    labels: train.labels,
    ids: train.labels.map((_, row) => 2 * row + 5),
  },
  validation: {
    inputs: Float32Array.from(validation.features.values),
    labels: validation.labels,
    ids: validation.labels.map((_, row) => row),
  },
}
const { validation: _, ...withoutValidation } = dataset

const model = (): LayersModel =>
  sequential({
    layers: [layers.dense({ units: 5, inputShape: [4], activation: 'relu' }), layers.dense({ units: 3 })],
  })

interface Run {
  readonly examples: Readonly<Record<string, Float32Array>>
  /** By the number of epochs that were over. */
  readonly checkpoints: ReadonlyMap<number, TrainingCheckpoint>
}

async function run(
  method: Method,
  epochs = 1,
  { data = dataset, resume, teacher = model() }: { data?: typeof withoutValidation; resume?: TrainingCheckpoint; teacher?: LayersModel } = {}, // prettier-ignore
): Promise<Run> {
  const checkpoints = new Map<number, TrainingCheckpoint>()
  const { examples } = await distill({
    student: model(),
    teachers: [teacher],
    method,
    dataset: data,
    epochs,
    learningRate: 0.1,
    optimizer: sgd(),
    ...(resume && { resume }),
    callbacks: {
      onCheckpoint: async ({ epoch, step, take }) => {
        if (step === 0) checkpoints.set(epoch, await take())
      },
    },
  })
  return { examples, checkpoints }
}

const stateOf = ({ checkpoints }: Run, name: string): number[] => [
  ...[...checkpoints.values()].at(-1)!.tensors.get(`method/${name}`)!.values,
]
const maskOf = (done: Run): number[] => stateOf(done, 'selection.mask')

describe('refreshedSelection', () => {
  it.each(['teacher', 'student'] as const)(
    'distils a fraction chosen by the influence of the %s',
    async (scored) => {
      const done = await run(refreshedSelection(labelRevision(), { fraction: 0.5, model: scored }))
      const mask = maskOf(done)
      expect(mask).toHaveLength(2 * 89 + 6)
      expect(mask.reduce((sum, value) => sum + value, 0)).toBe(45)
      expect(mask.filter((value, id) => value === 1 && id % 2 === 0)).toEqual([])
      const { ids } = dataset.train
      expect(done.examples['selected']).toEqual(Float32Array.from(ids, (id) => mask[id]!))
      const scores = stateOf(done, 'selection.scores')
      expect(done.examples['selectionScore']).toEqual(Float32Array.from(ids, (id) => scores[id]!))
      const lowestChosen = Math.min(...ids.filter((id) => mask[id] === 1).map((id) => scores[id]!))
      expect(lowestChosen).toBeGreaterThanOrEqual(
        Math.max(...ids.filter((id) => mask[id] === 0).map((id) => scores[id]!)),
      )
    },
  )

  it('chooses once, or again every few epochs', async () => {
    const epochs: number[] = []
    const score = (): number[] => {
      epochs.push(0)
      return [...train.labels.keys()].map((row) => (row + epochs.length) % 90)
    }
    await run(refreshedSelection(vanillaKd(), { score }), 5)
    expect(epochs).toHaveLength(1)
    await run(refreshedSelection(vanillaKd(), { score, every: 2 }), 5)
    expect(epochs).toHaveLength(1 + 3)
  })

  it('goes on with its choice when a run is resumed', async () => {
    const score = (): Float64Array => Float64Array.from(train.labels.keys())
    const first = await run(refreshedSelection(vanillaKd(), { score, fraction: 0.2 }), 2)
    const never = (): never => {
      throw new Error('scored again')
    }
    const resume = first.checkpoints.get(1)!
    const second = await run(refreshedSelection(vanillaKd(), { score: never, fraction: 0.2 }), 2, { resume })
    expect(maskOf(second)).toEqual(maskOf(first))
    expect(second.examples).toEqual(first.examples)
    expect(Object.keys(second.examples)).toEqual(['selectionScore', 'selected'])
  })

  it('says nothing of scores where a checkpoint has none', async () => {
    const { running } = startMethod(refreshedSelection(vanillaKd()), batch)
    const ids = Int32Array.of(0, 2)
    expect(await running.examples!(ids)).toEqual({})
    expect(running.save!()).toEqual({})
    running.load!({ 'selection.mask': tf.tensor1d([1, 0, 0], 'int32') })
    expect(await running.examples!(ids)).toEqual({ selected: Float32Array.of(1, 0) })
    expect(() => running.phases[0]!.loss(batch)).toThrow(
      'refreshedSelection: state must have a number for each example, got 3 and the id 3',
    )
  })

  it('selects the lowest and by class where told', async () => {
    const method = refreshedSelection(vanillaKd(), {
      score: ({ train: seen }) => Float64Array.from(seen.ids),
      keep: 'lowest',
      balanced: true,
      fraction: 0.1,
    })
    // Classes take turns: the first nine rows, with ids 5, 7, ... 21.
    expect(maskOf(await run(method)).flatMap((value, id) => (value ? [id] : []))).toEqual([
      5, 7, 9, 11, 13, 15, 17, 19, 21,
    ])
  })

  it.each<[ScoreName, ScoreFunction]>([
    [
      'influence',
      (splits) => lastLayerInfluence({ ...splits.train, validation: splits.validation, damping: 0.05 }),
    ],
    ['label-confidence', ({ train: seen }) => labelConfidence(seen)],
    ['correctness', ({ train: seen }) => correctness(seen)],
    ['margin', ({ train: seen }) => margin(seen)],
    ['random', ({ train: seen }) => randomScores(seen.ids.length, 3)],
  ])('%s is that function, by its name', async (name, score) => {
    const teacher = model()
    const settings = { damping: 0.05, seed: 3 }
    const byName = await run(refreshedSelection(vanillaKd(), { score: name, ...settings }), 1, {
      teacher,
      // Only influence looks at the validation split.
      ...(name !== 'influence' && { data: withoutValidation }),
    })
    const shown: (readonly number[])[] = []
    const byFunction = await run(
      refreshedSelection(vanillaKd(), {
        score: async (splits) => {
          shown.push([...(await scoreSplits(splits, { score: name, ...settings }))])
          return score(splits)
        },
      }),
      1,
      { teacher },
    )
    expect(byName.examples).toEqual(byFunction.examples)
    expect(Float32Array.from(shown[0]!)).toEqual(byName.examples['selectionScore'])
  })

  it('gives equal results in two runs of one object, one after the other and at once', async () => {
    const method = refreshedSelection(vanillaKd(), { model: 'student', every: 1, fraction: 0.5 })
    const once = async (): Promise<unknown> => {
      const student = noiseNetwork(1)
      const { history, examples } = await distill({
        student,
        teachers: [noiseNetwork(2)],
        method,
        dataset: noiseDataset,
        epochs: 3,
        batchSize: 16,
        learningRate: 0.1,
        optimizer: sgd({ momentum: 0.9 }),
      })
      const withoutTime = history.map(({ seconds: _, ...metrics }: EpochMetrics) => metrics)
      return {
        history: withoutTime,
        examples,
        weights: student.getWeights().map((weight) => weight.dataSync()),
      }
    }
    const first = await once()
    expect(await once()).toEqual(first)
    expect(await Promise.all([once(), once()])).toEqual([first, first])
  })

  it('says what it needs', async () => {
    expect(refreshedSelection(vanillaKd()).needs).toEqual({
      teachers: 1,
      passes: { teacherFeatures: [['penultimate']] },
      validation: true,
      tasks: ['classification'],
    })
    expect(refreshedSelection(vanillaKd(), { model: 'student', score: () => [] }).needs).toEqual({
      teachers: 1,
      passes: { studentFeatures: ['penultimate'] },
      validation: true,
      tasks: 'any',
    })
    expect(refreshedSelection(vanillaKd(), { score: 'margin' }).needs).toEqual({
      teachers: 1,
      tasks: ['classification'],
    })
    expect(refreshedSelection(vanillaKd(), { score: 'random' }).needs.tasks).toBe('any')
    expect(refreshedSelection(vanillaKd(), { score: 'random', balanced: true }).needs.tasks).toEqual([
      'classification',
    ])
    await expect(run(refreshedSelection(vanillaKd()), 1, { data: withoutValidation })).rejects.toThrow(
      'distill: dataset must have a validation split for selected-vanilla-kd, got none',
    )
  })

  it('describes its options for lists and schemas, the score by its names', () => {
    expect(refreshedSelection.name).toBe('refreshed-selection')
    const { properties } = z.toJSONSchema(refreshedSelection.options, { io: 'input' })
    expect(
      Object.fromEntries(
        Object.entries(properties!).map(([name, one]) => [name, (one as { default: unknown }).default]),
      ),
    ).toEqual({
      score: 'influence',
      model: 'teacher',
      every: 0,
      damping: 0.01,
      seed: 0,
      fraction: 0.7,
      keep: 'highest',
      balanced: false,
    })
    expect(properties!['score']).toMatchObject({ type: 'string', enum: [...scoreNames] })
    const ofWeights = z.toJSONSchema(refreshedWeights.options, { io: 'input' }).properties!
    expect(Object.keys(ofWeights)).toEqual(['score', 'model', 'every', 'damping', 'seed', 'sharpness'])
    for (const one of Object.values({ ...properties, ...ofWeights })) {
      expect(one).toHaveProperty('description')
    }
  })

  it('refuses options out of range and a step before its choice', async () => {
    expect(() => refreshedSelection(vanillaKd(), { fraction: 0 })).toThrow(
      'refreshedSelection: fraction must be > 0, got 0',
    )
    expect(() => refreshedSelection(vanillaKd(), { fraction: 1.5 })).toThrow('fraction must be <= 1, got 1.5')
    expect(() => refreshedSelection(vanillaKd(), { every: 1.5 })).toThrow(
      'every must be a whole number, got 1.5',
    )
    expect(() => refreshedSelection(vanillaKd(), { every: -1 })).toThrow('every must be >= 0, got -1')
    expect(() => refreshedSelection(vanillaKd(), { score: 'luck' as never })).toThrow(
      'refreshedSelection: score must be influence or label-confidence or correctness or margin or random, or must be a function, got luck',
    )
    const { parts } = startMethod(refreshedSelection(vanillaKd()), batch)
    expect(() => parts(batch)).toThrow('beforeEpoch must have run before the first step')
    await expect(run(refreshedSelection(vanillaKd(), { score: () => [1] }))).rejects.toThrow(
      'score must give one number per training example, 90, got 1',
    )
  })
})

describe('refreshedWeights', () => {
  it('weighs by the sigmoid of its scores, again every few epochs, and resumes', async () => {
    let calls = 0
    const score = ({ train: { ids } }: { train: { ids: Int32Array } }): number[] => {
      calls++
      return Array.from(ids, (_, row) => (row % 2 === 0 ? 1 : -3))
    }
    const method = refreshedWeights(vanillaKd(), { score, every: 2, sharpness: 2 })
    const done = await run(method, 5)
    expect(calls).toBe(3)
    const weights = stateOf(done, 'selection.weights')
    // The median absolute score of 45 ones and 45 threes is 2.
    expectAllClose([weights[5]!, weights[7]!], [1 / (1 + Math.exp(-1)), 1 / (1 + Math.exp(3))])
    expect(done.examples).toEqual({
      selectionScore: Float32Array.from(dataset.train.ids, (_, row) => (row % 2 === 0 ? 1 : -3)),
      distillationWeight: Float32Array.from(dataset.train.ids, (id) => weights[id]!),
    })
    const ids = Int32Array.of(5, 7, 9, 11)
    const step = { ...batch, ids }
    const fixed = weighted(
      vanillaKd(),
      Array.from(ids, (id) => weights[id]!),
      { ids },
    )
    const loaded = startMethod(method, step)
    loaded.running.load!({ 'selection.weights': tf.tensor1d(weights) })
    expectAllClose(loaded.loss(step), startMethod(fixed, step).loss(step))
    await run(refreshedWeights(vanillaKd(), { score }), 5, { resume: done.checkpoints.get(3)! })
    expect(calls).toBe(3)
    expect(() => refreshedWeights(vanillaKd(), { sharpness: 0 })).toThrow(
      'refreshedWeights: sharpness must be > 0, got 0',
    )
    const fresh = startMethod(refreshedWeights(vanillaKd()), step)
    expect(() => fresh.loss(step)).toThrow('refreshedWeights: beforeEpoch must')
  })
})
