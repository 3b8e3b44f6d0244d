import { crossEntropy, distill, sgd, type DistillationBatch, type DistillationMethod } from '@kd/core'
import { distKd, labelRevision, vanillaKd, weightedSoftLabels } from '@kd/losses'
import { expectAllClose, expectGradient, expectNoLeak, gradientOf, methodBatch } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { randomProblem } from '../testing/random-problem.js'
import { refreshedSelection } from './refreshed-selection.js'
import { refreshedWeights } from './refreshed-weights.js'
import { selected } from './selected.js'
import { weighted } from './weighted.js'

const numbers = {
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
}
const batch = methodBatch(numbers)
const take = (rows: readonly number[]): DistillationBatch =>
  methodBatch({
    studentLogits: rows.map((row) => numbers.studentLogits[row]!),
    teacherLogits: [rows.map((row) => numbers.teacherLogits[0]![row]!)],
    labels: rows.map((row) => numbers.labels[row]!),
  })
const labelLosses = crossEntropy(batch.studentLogits, batch.labels).dataSync()
const methods: DistillationMethod[] = [vanillaKd(), labelRevision(), weightedSoftLabels(), distKd()]

describe.each(methods.map((method) => [method.name, method] as const))('selected %s', (_, method) => {
  it('is the method on the chosen rows and cross-entropy on the rest, each by its share', () => {
    const { total, parts } = selected(method, [1, 0, 1, 1]).loss(batch)
    const inner = method.loss(take([0, 2, 3])).total.dataSync()[0]!
    expectAllClose(total, (3 * inner + labelLosses[1]!) / 4)
    expectAllClose(parts['unselected']!, [0, labelLosses[1]!, 0, 0])
    expectAllClose(tf.mean(tf.addN(Object.values(parts))), total)
  })

  it('is the method itself when all is chosen, with the same gradient', () => {
    const whole = selected(method, [1, 1, 1, 1])
    expectAllClose(whole.loss(batch).total, method.loss(batch).total)
    const gradient = (one: DistillationMethod): tf.Tensor =>
      gradientOf(
        (studentLogits: tf.Tensor2D) => one.loss({ ...batch, studentLogits }).total,
        batch.studentLogits,
      )
    expectAllClose(gradient(whole), gradient(method))
  })

  it('is cross-entropy with the same parts when nothing is chosen', () => {
    const none = selected(method, [0, 0, 0, 0]).loss(batch)
    expectAllClose(none.total, tf.mean(labelLosses.slice()))
    expect(Object.keys(none.parts)).toEqual(Object.keys(selected(method, [1, 1, 0, 0]).loss(batch).parts))
  })

  it('finds its rows by id, whatever the order of the batch', () => {
    const mask = [1, 0, 1, 1]
    const expected = selected(method, mask).loss(batch).total
    const ids = Int32Array.of(70, 10, 90, 40)
    expectAllClose(selected(method, mask, { ids }).loss({ ...batch, ids }).total, expected)
    const order = [2, 0, 3, 1]
    const moved = { ...take(order), ids: Int32Array.from(order, (row) => ids[row]!) }
    expectAllClose(selected(method, mask, { ids }).loss(moved).total, expected)
  })

  it('leaves no tensor alive', async () => {
    await expectNoLeak(() => tf.tidy(() => selected(method, [1, 0, 0, 1]).loss(batch).total))
  })
})

describe('selected', () => {
  it('has the gradient of its own differences', () => {
    const method = selected(vanillaKd(), [1, 0, 1, 0])
    expectGradient(
      (studentLogits: tf.Tensor2D) => method.loss({ ...batch, studentLogits }).total,
      batch.studentLogits,
    )
  })

  it('hands on features of the chosen rows', () => {
    const seen: number[][] = []
    const spy: DistillationMethod = {
      name: 'spy',
      loss: (part) => {
        seen.push([...part.studentFeatures['a']!.shape], [...part.teacherFeatures[0]!['b']!.dataSync()])
        return vanillaKd().loss(part)
      },
    }
    const studentFeatures = { a: tf.zeros([4, 2, 2]) }
    const teacherFeatures = [{ b: tf.tensor1d([1, 2, 3, 4]) }]
    selected(spy, [0, 1, 0, 1]).loss({ ...batch, studentFeatures, teacherFeatures })
    expect(seen).toEqual([
      [2, 2, 2],
      [2, 4],
    ])
  })

  it('keeps what the method has beside its loss', async () => {
    const calls: string[] = []
    class Stateful implements DistillationMethod {
      readonly name = 'stateful'
      readonly requires = { teachers: 2 }
      loss = (part: DistillationBatch): ReturnType<DistillationMethod['loss']> => vanillaKd().loss(part)
      async beforeEpoch(): Promise<void> {
        calls.push('before')
      }
      saveState(): tf.NamedTensorMap {
        return { state: tf.scalar(5) }
      }
      loadState(state: tf.NamedTensorMap): void {
        calls.push(`load ${state['state']!.dataSync()[0]}`)
      }
    }
    const method = selected(new Stateful(), [1])
    expect(method.requires).toEqual({ teachers: 2 })
    await method.beforeEpoch!({} as never)
    method.loadState!(method.saveState!())
    expect(calls).toEqual(['before', 'load 5'])
  })

  it('refuses masks and ids that do not fit', () => {
    expect(() => selected(vanillaKd(), [])).toThrow('selected: mask must not be empty, got no rows')
    expect(() => selected(vanillaKd(), [1, 0.5])).toThrow('selected: mask must be 0 or 1, got 0.5 in row 1')
    expect(() => selected(vanillaKd(), [1], { ids: [1, 2] })).toThrow(
      'ids must be one per row of mask, 1, got 2',
    )
    expect(() => selected(vanillaKd(), [1, 0]).loss(batch)).toThrow(
      'selected: mask must have a row for each example, got none for id 2\n  ids are rows of the original file',
    )
  })
})

describe('weighted', () => {
  it('mixes method and labels by the weight', () => {
    const weights = [1, 0, 0.25, 0.5]
    const { total, parts } = weighted(vanillaKd(), weights).loss(batch)
    const inner = vanillaKd().loss(batch).parts
    const expected = weights.map(
      (weight, row) =>
        weight * (inner['label']!.dataSync()[row]! + inner['teacher']!.dataSync()[row]!) +
        (1 - weight) * labelLosses[row]!,
    )
    expectAllClose(tf.addN(Object.values(parts)), expected)
    expectAllClose(total, tf.mean(expected))
    expect(() => weighted(vanillaKd(), [2])).toThrow('weighted: weights must be in [0, 1], got 2 in row 0')
  })

  it('with weights 0 and 1 is selected, for a method without groups', () => {
    const mask = [1, 0, 0, 1]
    expectAllClose(
      weighted(vanillaKd(), mask).loss(batch).total,
      selected(vanillaKd(), mask).loss(batch).total,
    )
  })
})

describe('refreshedSelection', () => {
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
  const model = (): LayersModel =>
    sequential({
      layers: [layers.dense({ units: 5, inputShape: [4], activation: 'relu' }), layers.dense({ units: 3 })],
    })
  const run = (method: DistillationMethod, epochs = 1): ReturnType<typeof distill> =>
    distill({
      student: model(),
      teachers: [model()],
      method,
      dataset,
      epochs,
      learningRate: 0.1,
      optimizer: sgd(),
    })
  const maskOf = (method: DistillationMethod): number[] => [
    ...method.saveState!()['selection.mask']!.dataSync(),
  ]

  it.each(['teacher', 'student'] as const)(
    'distils a fraction chosen by the influence of the %s',
    async (scored) => {
      const method = refreshedSelection(labelRevision(), { fraction: 0.5, model: scored })
      await run(method)
      const mask = maskOf(method)
      expect(mask).toHaveLength(2 * 89 + 6)
      expect(mask.reduce((sum, value) => sum + value, 0)).toBe(45)
      expect(mask.filter((value, id) => value === 1 && id % 2 === 0)).toEqual([])
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

  it('goes on with its choice after saveState and loadState', async () => {
    const score = (): Float64Array => Float64Array.from(train.labels.keys())
    const first = refreshedSelection(vanillaKd(), { score, fraction: 0.2 })
    await run(first)
    const never = (): never => {
      throw new Error('scored again')
    }
    const second = refreshedSelection(vanillaKd(), { score: never, fraction: 0.2 })
    second.loadState!(first.saveState!())
    await run(second)
    expect(maskOf(second)).toEqual(maskOf(first))
  })

  it('selects the lowest and by class where told', async () => {
    const method = refreshedSelection(vanillaKd(), {
      score: ({ train: seen }) => Float64Array.from(seen.ids),
      keep: 'lowest',
      balanced: true,
      fraction: 0.1,
    })
    await run(method)
    // Classes take turns: the first nine rows, with ids 5, 7, ... 21.
    expect(maskOf(method).flatMap((value, id) => (value ? [id] : []))).toEqual([
      5, 7, 9, 11, 13, 15, 17, 19, 21,
    ])
  })

  it('refreshedWeights weighs by the sigmoid of its scores, again every few epochs, and resumes', async () => {
    let calls = 0
    const score = ({ train: { ids } }: { train: { ids: Int32Array } }): number[] => {
      calls++
      return Array.from(ids, (_, row) => (row % 2 === 0 ? 1 : -3))
    }
    const method = refreshedWeights(vanillaKd(), { score, every: 2, sharpness: 2 })
    await run(method, 5)
    expect(calls).toBe(3)
    const saved = method.saveState!()
    const weights = saved['selection.weights']!.dataSync()
    // The median absolute score of 45 ones and 45 threes is 2.
    expectAllClose([weights[5]!, weights[7]!], [1 / (1 + Math.exp(-1)), 1 / (1 + Math.exp(3))])
    const ids = Int32Array.of(5, 7, 9, 11)
    const fixed = weighted(
      vanillaKd(),
      Array.from(ids, (id) => weights[id]!),
      { ids },
    )
    expectAllClose(method.loss({ ...batch, ids }).total, fixed.loss({ ...batch, ids }).total)
    const resumed = refreshedWeights(vanillaKd(), { score })
    resumed.loadState!(saved)
    await run(resumed)
    expect(calls).toBe(3)
    expect(() => refreshedWeights(vanillaKd(), { sharpness: 0 })).toThrow(
      'refreshedWeights: sharpness must be',
    )
    expect(() => refreshedWeights(vanillaKd()).loss(batch)).toThrow('refreshedWeights: beforeEpoch must')
  })

  it('says what it needs', async () => {
    expect(refreshedSelection(vanillaKd()).requires).toEqual({
      teachers: 1,
      passes: { teacherFeatures: ['penultimate'] },
      validation: true,
    })
    const { validation: _, ...without } = dataset
    await expect(
      distill({
        student: model(),
        teachers: [model()],
        method: refreshedSelection(vanillaKd()),
        dataset: without,
        epochs: 1,
        learningRate: 0.1,
        optimizer: sgd(),
      }),
    ).rejects.toThrow('distill: dataset must have a validation split for selected-vanilla-kd, got none')
  })

  it('refuses options out of range and a step before its choice', async () => {
    expect(() => refreshedSelection(vanillaKd(), { fraction: 0 })).toThrow(
      'fraction must be in (0, 1], got 0',
    )
    expect(() => refreshedSelection(vanillaKd(), { every: 1.5 })).toThrow(
      'every must be a whole number >= 0, got 1.5',
    )
    expect(() => refreshedSelection(vanillaKd()).loss(batch)).toThrow(
      'beforeEpoch must have run before the first step',
    )
    await expect(run(refreshedSelection(vanillaKd(), { score: () => [1] }))).rejects.toThrow(
      'score must give one number per training example, 90, got 1',
    )
  })
})
