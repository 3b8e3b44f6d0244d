import { distill, randomSource, sgd } from '@kd/core'
import type { Dataset, DistillationMethod, DistillationOptions, Examples } from '@kd/core'
import { describeMethodConformance, expectAllClose, expectNoLeak, methodBatch } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import golden from './adaptive-mixing.golden.json' with { type: 'json' }
import { adaptiveMixing } from './adaptive-mixing.js'
import type { AdaptiveMixingOptions } from './mixing-options.js'
import type { MixingUpdate } from './mixing-update.js'

describeMethodConformance(
  (options?: object) => adaptiveMixing(options as AdaptiveMixingOptions | undefined),
  { golden },
)

const CLASSES = 3

/** Clouds in the plane; every fourth label of the training split is wrong. */
function clouds(examples: number, seed: number, noisy: boolean): Examples {
  const random = randomSource(seed)
  const cleanLabels = Int32Array.from({ length: examples }, (_, row) => row % CLASSES)
  const inputs = new Float32Array(examples * 2)
  cleanLabels.forEach((label, row) => {
    inputs[2 * row] = 2 * Math.cos((2 * Math.PI * label) / CLASSES) + 0.5 * random.normal()
    inputs[2 * row + 1] = 2 * Math.sin((2 * Math.PI * label) / CLASSES) + 0.5 * random.normal()
  })
  const labels = cleanLabels.map((label, row) => (noisy && row % 4 === 0 ? (label + 1) % CLASSES : label))
  return { inputs, labels, cleanLabels, ids: Int32Array.from({ length: examples }, (_, row) => 2 * row + 7) }
}

const dataset: Dataset = {
  name: 'clouds',
  inputShape: [2],
  classNames: ['a', 'b', 'c'],
  normalization: { mean: [0], standardDeviation: [1] },
  train: clouds(96, 1, true),
  validation: clouds(60, 2, false),
}

function network(seed = 1): LayersModel {
  const kernelInitializer = (offset: number): never =>
    ({ className: 'GlorotUniform', config: { seed: seed + offset } }) as never
  return sequential({
    layers: [
      layers.dense({
        units: 8,
        inputShape: [2],
        activation: 'relu',
        kernelInitializer: kernelInitializer(0),
      }),
      layers.dense({ units: CLASSES, kernelInitializer: kernelInitializer(1) }),
    ],
  })
}

/** Says the class whose corner the input points to, and so is right where the label is wrong. */
const wiseTeacher = (inputs: tf.Tensor): tf.Tensor2D => {
  const angles = [0, 1, 2].map((label) => (2 * Math.PI * label) / CLASSES)
  const corners = tf.tensor2d([angles.map(Math.cos), angles.map(Math.sin)])
  return tf.mul(2, tf.matMul(inputs as tf.Tensor2D, corners))
}
const fool = (inputs: tf.Tensor): tf.Tensor2D => tf.neg(wiseTeacher(inputs))

const small: AdaptiveMixingOptions = { every: 1, warmUpEpochs: 1, batchSize: 48, groupBatches: 2 }

const run = (
  method: DistillationMethod,
  options: Partial<DistillationOptions> = {},
): DistillationOptions => ({
  student: network(),
  teachers: [wiseTeacher],
  method,
  dataset,
  epochs: 4,
  batchSize: 16,
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: 0.05,
  ...options,
})

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** One weight of every example, and whether its label is right. */
function weightsOfTerm(weights: Float32Array, terms: number, term: number): { right: number; wrong: number } {
  const { labels, cleanLabels } = dataset.train
  const of = (right: boolean): number =>
    mean(
      Array.from(labels.keys())
        .filter((row) => (labels[row] === cleanLabels![row]) === right)
        .map((row) => weights[row * terms + term]!),
    )
  return { right: of(true), wrong: of(false) }
}

describe('adaptiveMixing', () => {
  it('weighs each example of the batch by its own row of the table', () => {
    const method = adaptiveMixing()
    const weights = tf.tensor2d([[NaN, NaN], [0.5, 1.5], [NaN, NaN], [1, 0.25]]) // prettier-ignore
    method.loadState!({ weights, dataHash: tf.tensor1d([1, 2], 'int32') })
    const numbers = {
      studentLogits: [
        [0.5, 1.5, 0.2, -0.3],
        [0.5, 1.5, 0.2, -0.3],
      ],
      teacherLogits: [
        [
          [2, 1, 0, -1],
          [2, 1, 0, -1],
        ],
      ],
      labels: [1, 1],
    }
    const plain = adaptiveMixing({ teacherWeight: 0.5 }).loss(methodBatch(numbers)).parts
    const { parts } = method.loss({ ...methodBatch(numbers), ids: Int32Array.of(3, 1) })
    const expected = (part: string, own: number[]): tf.Tensor =>
      tf.mul(
        plain[part]!,
        own.map((w) => 2 * w),
      )
    expectAllClose(parts['label']!, expected('label', [1, 0.5]))
    expectAllClose(parts['teacher0']!, expected('teacher0', [0.25, 1.5]))
  })

  it.each(['amal', 'alm-kd', 'softmax'] as const)(
    'learns to trust labels less where they are wrong: %s',
    async (variant) => {
      const updates: MixingUpdate[] = []
      // Judged on clean labels alone: the training part of alm-kd's direction speaks for wrong labels too.
      const onUpdate = (update: MixingUpdate): void => void updates.push(update)
      const method = adaptiveMixing({ ...small, variant, trainShare: 0, onUpdate })
      const { student } = await distill(run(method, { epochs: 6 }))
      expect(updates.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5])
      const weights = method.weightsOf(dataset.train.ids)
      const label = weightsOfTerm(weights, 2, 0)
      expect(label.wrong).toBeLessThan(0.8 * label.right)
      expect(updates.at(-1)!.meanWeights['label']).toBeCloseTo(
        mean(Array.from(weights).filter((_, index) => index % 2 === 0)),
        6,
      )
      student.dispose()
    },
  )

  it('learns the same through the whole network, and leaves the student as it was', async () => {
    const method = adaptiveMixing({ ...small, lookAhead: 'network' })
    await distill(run(method, { epochs: 6 }))
    const label = weightsOfTerm(method.weightsOf(dataset.train.ids), 2, 0)
    expect(label.wrong).toBeLessThan(0.8 * label.right)

    const student = network()
    const values = (): number[][] => student.getWeights().map((weight) => Array.from(weight.dataSync()))
    const before = values()
    const once = adaptiveMixing({ ...small, lookAhead: 'network', warmUpEpochs: 0, trainShare: 0.25 })
    await distill(run(once, { student, epochs: 1, learningRate: 1e-30 }))
    expectAllClose(values(), before)
  })

  it('looks the same way ahead where the last layer is the whole network', async () => {
    const linear = (): LayersModel =>
      sequential({
        layers: [
          layers.dense({
            units: CLASSES,
            inputShape: [2],
            kernelInitializer: { className: 'GlorotUniform', config: { seed: 1 } } as never,
          }),
        ],
      })
    const [closed, differences] = await Promise.all(
      (['last-layer', 'network'] as const).map(async (lookAhead) => {
        const method = adaptiveMixing({ ...small, lookAhead, stepSize: 200, trainShare: 0.25 })
        await distill(run(method, { student: linear(), epochs: 2 }))
        return method.weightsOf(dataset.train.ids)
      }),
    )
    expect(closed!.some((weight, index) => Math.abs(weight - [0.1, 0.9][index % 2]!) > 0.1)).toBe(true)
    expectAllClose(Array.from(differences!), Array.from(closed!), { absolute: 2e-3 })
  })

  it('turns from a teacher that misleads to one that helps', async () => {
    const method = adaptiveMixing({ ...small, teachers: 2 })
    await distill(run(method, { teachers: [wiseTeacher, fool] }))
    const weights = method.weightsOf(dataset.train.ids)
    const [wise, misled] = [1, 2].map((term) => weightsOfTerm(weights, 3, term))
    expect(wise!.wrong).toBeGreaterThan(misled!.wrong + 0.5)
    expect(wise!.right).toBeGreaterThan(misled!.right + 0.5)
  })

  it('updates every so many epochs after the warm-up, and not before', async () => {
    const epochs: number[] = []
    const method = adaptiveMixing({
      ...small,
      every: 2,
      warmUpEpochs: 3,
      onUpdate: ({ epoch }) => epochs.push(epoch),
    })
    const onEpochEnd = ({ epoch }: { epoch: number }): void => {
      if (epoch < 4) expectAllClose(Array.from(method.weightsOf([7, 9])), [0.1, 0.9, 0.1, 0.9])
    }
    await distill(run(method, { epochs: 7, callbacks: { onEpochEnd } }))
    expect(epochs).toEqual([4, 6])
  })

  it('begins alm-kd with convex weights drawn from the seed, the same whatever the order', async () => {
    const initial = async (seed: number): Promise<number[]> => {
      const method = adaptiveMixing({ variant: 'alm-kd' })
      await distill(run(method, { epochs: 1, seed }))
      return Array.from(method.weightsOf(dataset.train.ids))
    }
    const weights = await initial(1)
    for (let index = 0; index < weights.length; index += 2) {
      expect(weights[index]! + weights[index + 1]!).toBeCloseTo(1, 6)
    }
    const teacher = weights.filter((_, index) => index % 2 === 1)
    expect(mean(teacher)).toBeCloseTo(0.5, 1)
    expect(Math.max(...teacher) - Math.min(...teacher)).toBeGreaterThan(0.9)
    expect(await initial(1)).toEqual(weights)
    expect(await initial(2)).not.toEqual(weights)
  })

  it('gives the same bits for the same seed and others for another', async () => {
    const weights = async (seed: number): Promise<Float32Array> => {
      const method = adaptiveMixing(small)
      await distill(run(method, { seed, epochs: 3 }))
      return method.weightsOf(dataset.train.ids)
    }
    const first = await weights(1)
    expect(await weights(1)).toEqual(first)
    expect(await weights(2)).not.toEqual(first)
  })

  it('goes on from a saved state', async () => {
    const first = adaptiveMixing(small)
    await distill(run(first, { epochs: 2 }))
    const state = first.saveState!()
    const second = adaptiveMixing(small)
    second.loadState!(state)
    const ids = dataset.train.ids.subarray(3, 9)
    expect(second.weightsOf(ids)).toEqual(first.weightsOf(ids))
    // The same steps from the same weights.
    await Promise.all([first, second].map((method) => distill(run(method, { epochs: 2 }))))
    expect(second.weightsOf(dataset.train.ids)).toEqual(first.weightsOf(dataset.train.ids))
    tf.dispose(state)
  })

  it('has nothing to save before a run, and takes that back', () => {
    const method = adaptiveMixing()
    expect(method.saveState!()).toEqual({})
    method.loadState!({})
    expect(() => method.weightsOf([7])).toThrow('weightsOf: weights must have been made by a run, got none')
  })

  it('warns when the held-out part is too small to say anything', async () => {
    const updates: MixingUpdate[] = []
    const onUpdate = (update: MixingUpdate): void => void updates.push(update)
    const { inputs, labels, ids } = dataset.validation!
    const two = { inputs: inputs.slice(0, 4), labels: labels.slice(0, 2), ids: ids.slice(0, 2) }
    const tiny = { ...dataset, validation: two }
    await distill(run(adaptiveMixing({ ...small, onUpdate }), { dataset: tiny, epochs: 2 }))
    await distill(run(adaptiveMixing({ ...small, onUpdate }), { epochs: 2, learningRate: 1e-4 }))
    expect(updates.map(({ heldOutNoise }) => heldOutNoise > 0.5)).toEqual([true, false])
    expect(updates[0]!.warning).toMatch(/% of the validation gradient is chance; hold out more examples/)
    expect(updates[1]!.warning).toBeUndefined()
  })

  it('leaves no tensor alive between epochs', async () => {
    const counts: number[] = []
    const onEpochEnd = (): void => void counts.push(tf.memory().numTensors)
    await distill(
      run(adaptiveMixing({ ...small, trainShare: 0.25 }), { epochs: 4, callbacks: { onEpochEnd } }),
    )
    expect(new Set(counts.slice(1)).size).toBe(1)
    const method = adaptiveMixing(small)
    await distill(run(method, { epochs: 1 }))
    await expectNoLeak(() => method.saveState!())
  })

  describe('refuses', () => {
    const learned = async (): Promise<tf.NamedTensorMap> => {
      const method = adaptiveMixing(small)
      await distill(run(method, { epochs: 1 }))
      return method.saveState!()
    }

    it.each<[string, () => Dataset, string]>([
      [
        'of other examples',
        () => ({ ...dataset, train: { ...dataset.train, ids: dataset.train.ids.map((id) => id + 1) } }),
        'got a table for other examples',
      ],
      [
        'of other labels',
        () => ({ ...dataset, train: { ...dataset.train, labels: dataset.train.cleanLabels! } }),
        'got a table for other labels',
      ],
    ])('a saved table %s', async (_, other, message) => {
      const method = adaptiveMixing(small)
      method.loadState!(await learned())
      await expect(distill(run(method, { dataset: other() }))).rejects.toThrow(
        `adaptiveMixing: state must belong to the training split of this run, ${message}`,
      )
    })

    it('a method that goes from one data set to another', async () => {
      const method = adaptiveMixing(small)
      await distill(run(method, { epochs: 1 }))
      const other = { ...dataset, train: clouds(60, 5, true) }
      await expect(distill(run(method, { dataset: other }))).rejects.toThrow('got a table for other examples')
    })

    it('a saved table of another number of teachers, or none', async () => {
      const state = await learned()
      expect(() => adaptiveMixing({ teachers: 2 }).loadState!(state)).toThrow(
        'adaptiveMixing: state must have weights [ids, 3] for the label and 2 teachers, got [198, 2]',
      )
      expect(() => adaptiveMixing().loadState!({ slot: tf.scalar(1) })).toThrow(
        'adaptiveMixing: state must hold the tensors weights and dataHash, got slot',
      )
    })

    it('an id outside of the training split', async () => {
      const method = adaptiveMixing(small)
      await distill(run(method, { epochs: 1 }))
      for (const id of [8, 1000, -1]) {
        expect(() => method.weightsOf([7, id])).toThrow(
          `adaptiveMixing: ids must be of the training split, got ${id}`,
        )
      }
    })

    it('a run without held-out examples', async () => {
      const { validation: _, ...withoutValidation } = dataset
      await expect(distill(run(adaptiveMixing(), { dataset: withoutValidation }))).rejects.toThrow(
        'dataset must have a validation split for adaptive-mixing, got none',
      )
    })

    it('a learning rate of 0 at an update', async () => {
      const learningRate = ({ epoch }: { epoch: number }): number => (epoch < 2 ? 0.1 : 0)
      const heard: number[] = []
      const callbacks = { onStep: ({ epoch }: { epoch: number }) => void heard.push(epoch) }
      const method = adaptiveMixing({ ...small, every: 2 })
      await expect(distill(run(method, { learningRate, callbacks }))).rejects.toThrow(
        'adaptiveMixing: learningRate must be > 0 at an update, got 0 in epoch 2',
      )
      // Before any step, not when two epochs are done.
      expect(heard).toEqual([])
    })

    it('none of it where there is no update', async () => {
      const learningRate = ({ epoch }: { epoch: number }): number => (epoch === 1 ? 0 : 0.1)
      const method = adaptiveMixing({ ...small, every: 2 })
      await expect(distill(run(method, { learningRate, epochs: 2 }))).resolves.toBeDefined()
    })

    it('another number of teachers than it was set up for', async () => {
      const method = adaptiveMixing()
      await expect(distill(run(method, { teachers: [wiseTeacher, fool] }))).rejects.toThrow(
        'adaptiveMixing: teachers must be 1 as set up, got 2',
      )
      await expect(distill(run(adaptiveMixing({ teachers: 2 })))).rejects.toThrow(
        'teachers must be at least 2 for adaptive-mixing, got 1',
      )
    })

    it('a teacher with other classes', async () => {
      const teachers = [(inputs: tf.Tensor) => tf.zeros<tf.Rank.R2>([inputs.shape[0], 4])]
      await expect(distill(run(adaptiveMixing(), { teachers }))).rejects.toThrow(
        "teacher 0 must give logits [N, 3] like the data set's classes, got [96, 4]",
      )
    })

    it.each<[AdaptiveMixingOptions, string]>([
      [{ variant: 'sum' as never }, 'variant must be amal, alm-kd, softmax, got sum'],
      [{ teachers: 0 }, 'teachers must be a whole number >= 1, got 0'],
      [{ temperature: 0 }, 'temperature must be a finite number > 0, got 0'],
      [{ teacherWeight: 1 }, 'teacherWeight must be in (0, 1), got 1'],
      [{ every: 0.5 }, 'every must be a whole number >= 1, got 0.5'],
      [{ warmUpEpochs: -1 }, 'warmUpEpochs must be a whole number >= 0, got -1'],
      [{ stepSize: -1500 }, 'stepSize must be a finite number > 0, got -1500'],
      [{ repeats: 0 }, 'repeats must be a whole number >= 1, got 0'],
      [{ batchSize: NaN }, 'batchSize must be a whole number >= 1, got NaN'],
      [{ groupBatches: 0 }, 'groupBatches must be a whole number >= 1, got 0'],
      [{ validationBatchSize: 0 }, 'validationBatchSize must be a whole number >= 1, got 0'],
      [{ lookAhead: 'all' as never }, 'lookAhead must be last-layer or network, got all'],
      [{ trainShare: 1 }, 'trainShare must be in [0, 1), got 1'],
    ])('%j', (options, message) => {
      expect(() => adaptiveMixing(options)).toThrow(`adaptiveMixing: ${message}`)
    })
  })
})
