import { distill, randomSource, sgd } from '@kd/core'
import type {
  Dataset,
  DistillationOptions,
  DistillationResult,
  Examples,
  Method,
  MethodNotes,
} from '@kd/core'
import {
  describeMethodConformance,
  expectAllClose,
  expectNoLeak,
  methodBatch,
  startMethod,
} from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import golden from './adaptive-mixing.golden.json' with { type: 'json' }
import { adaptiveMixingPresets } from './adaptive-mixing-presets.js'
import { adaptiveMixing, type AdaptiveMixingOptions } from './adaptive-mixing.js'

type Named = AdaptiveMixingOptions & { readonly teachers?: number }

/** A golden case says how many teachers it has, which a run counts, and has the mean of what alm-kd draws. */
function make({ teachers: _, ...options }: Named = {}): Method {
  const method = adaptiveMixing(options)
  if (options.variant !== 'alm-kd') return method
  return {
    ...method,
    start(run) {
      const running = method.start(run)
      const { weights, dataHash } = running.save!()
      tf.tidy(() => {
        running.load!({ weights: tf.fill(weights!.shape, 0.5), dataHash: dataHash! })
      })
      tf.dispose([weights!, dataHash!])
      return running
    },
  }
}

describeMethodConformance((options?: object) => make(options), { golden })

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

const small: AdaptiveMixingOptions = { every: 1, warmUpEpochs: 1, groupBatches: 6 }

const run = (method: Method, options: Partial<DistillationOptions> = {}): DistillationOptions => ({
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

/** The mean of one weight over examples with a right and with a wrong label. */
function meanWeight(
  { examples }: Pick<DistillationResult, 'examples'>,
  name: string,
): { right: number; wrong: number } {
  const { labels, cleanLabels } = dataset.train
  const of = (right: boolean): number =>
    mean(Array.from(examples[name]!).filter((_, row) => (labels[row] === cleanLabels![row]) === right))
  return { right: of(true), wrong: of(false) }
}

/** Trains, and gives what the method noted for the log too. */
async function learn(
  method: Method,
  options: Partial<DistillationOptions> = {},
): Promise<DistillationResult & { notes: (MethodNotes & { epoch: number })[] }> {
  const notes: (MethodNotes & { epoch: number })[] = []
  const onMethodNotes = (epoch: number, note: MethodNotes): void => void notes.push({ epoch, ...note })
  const callbacks = { ...options.callbacks, onMethodNotes }
  return { ...(await distill(run(method, { ...options, callbacks }))), notes }
}

describe('adaptiveMixing', () => {
  it('weighs each example of the batch by its own row of the table', () => {
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
    const step = { ...methodBatch(numbers), ids: Int32Array.of(3, 1) }
    const plain = startMethod(adaptiveMixing({ teacherWeight: 0.5 }), step).parts(step)
    const { running, parts } = startMethod(adaptiveMixing(), step)
    const weights = tf.tensor2d([[NaN, NaN], [0.5, 1.5], [NaN, NaN], [1, 0.25]]) // prettier-ignore
    running.load!({ ...running.save!(), weights })
    const expected = (part: string, own: number[]): tf.Tensor =>
      tf.mul(
        plain[part]!,
        own.map((w) => 2 * w),
      )
    expectAllClose(parts(step)['label']!, expected('label', [1, 0.5]))
    expectAllClose(parts(step)['teacher0']!, expected('teacher0', [0.25, 1.5]))
  })

  it.each(['amal', 'alm-kd', 'softmax'] as const)(
    'learns to trust labels less where they are wrong: %s',
    async (variant) => {
      // Judged on clean labels alone: the training part of alm-kd's direction speaks for wrong labels too.
      const learned = await learn(adaptiveMixing({ ...small, variant, trainShare: 0 }), { epochs: 6 })
      expect(learned.notes.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5])
      const label = meanWeight(learned, 'labelWeight')
      expect(label.wrong).toBeLessThan(0.8 * label.right)
      const { figures } = learned.notes.at(-1)!
      expect(figures!['meanLabelWeight']).toBeCloseTo(mean(Array.from(learned.examples['labelWeight']!)), 6)
      expect(Object.keys(figures!)).toEqual([
        'meanLabelWeight',
        'meanTeacher0Weight',
        'meanChange',
        'heldOutNoise',
      ])
      learned.student.dispose()
    },
  )

  it('learns the same through the whole network, and leaves the student as it was', async () => {
    const learned = await learn(adaptiveMixing({ ...small, lookAhead: 'network' }), { epochs: 6 })
    const label = meanWeight(learned, 'labelWeight')
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
        const { examples } = await learn(method, { student: linear(), epochs: 2 })
        return [...examples['labelWeight']!, ...examples['teacher0Weight']!]
      }),
    )
    expect(closed!.some((weight, index) => Math.abs(weight - (index < 96 ? 0.1 : 0.9)) > 0.1)).toBe(true)
    expectAllClose(differences!, closed!, { absolute: 2e-3 })
  })

  it('turns from a teacher that misleads to one that helps', async () => {
    const learned = await learn(adaptiveMixing(small), { teachers: [wiseTeacher, fool] })
    const [wise, misled] = ['teacher0Weight', 'teacher1Weight'].map((name) => meanWeight(learned, name))
    expect(wise!.wrong).toBeGreaterThan(misled!.wrong + 0.5)
    expect(wise!.right).toBeGreaterThan(misled!.right + 0.5)
  })

  it('updates every so many epochs after the warm-up, and not before', async () => {
    const method = adaptiveMixing({ ...small, every: 2, warmUpEpochs: 3 })
    const onEpochEnd: NonNullable<DistillationOptions['callbacks']>['onEpochEnd'] = async (
      { epoch },
      view,
    ) => {
      if (epoch >= 4) return
      const { labelWeight, teacher0Weight } = await view.examples(Int32Array.of(7, 9))
      expectAllClose([...labelWeight!, ...teacher0Weight!], [0.1, 0.1, 0.9, 0.9])
    }
    const { notes } = await learn(method, { epochs: 7, callbacks: { onEpochEnd } })
    expect(notes.map(({ epoch }) => epoch)).toEqual([4, 6])
  })

  it('begins alm-kd with convex weights drawn from the seed, the same whatever the order', async () => {
    const initial = async (seed: number): Promise<Record<string, Float32Array>> =>
      (await learn(adaptiveMixing({ variant: 'alm-kd' }), { epochs: 1, seed })).examples
    const weights = await initial(1)
    const teacher = Array.from(weights['teacher0Weight']!)
    for (const [row, weight] of weights['labelWeight']!.entries()) {
      expect(weight + teacher[row]!).toBeCloseTo(1, 6)
    }
    expect(mean(teacher)).toBeCloseTo(0.5, 1)
    expect(Math.max(...teacher) - Math.min(...teacher)).toBeGreaterThan(0.9)
    expect(await initial(1)).toEqual(weights)
    expect(await initial(2)).not.toEqual(weights)
  })

  it('gives the same bits for the same seed and others for another', async () => {
    const weights = async (seed: number): Promise<Record<string, Float32Array>> =>
      (await learn(adaptiveMixing(small), { seed, epochs: 3 })).examples
    const first = await weights(1)
    expect(await weights(1)).toEqual(first)
    expect(await weights(2)).not.toEqual(first)
  })

  it('takes the settings of a preset, and of what stands beside it', async () => {
    const learned = async (options: AdaptiveMixingOptions): Promise<Record<string, Float32Array>> =>
      (await learn(adaptiveMixing({ every: 1, warmUpEpochs: 1, ...options }), { epochs: 2 })).examples
    const { variant, ...cars } = adaptiveMixingPresets.cars
    expect(await learned({ preset: 'cars' })).toEqual(await learned({ ...cars, variant }))
    const beside = await learned({ preset: 'cars', groupBatches: 6 })
    expect(beside).toEqual(await learned({ ...cars, groupBatches: 6 }))
    expect(beside).not.toEqual(await learned({ preset: 'cars' }))
    const convex = await learned({ preset: 'almKd' })
    expect(convex['labelWeight']![0]! + convex['teacher0Weight']![0]!).toBeCloseTo(1, 6)
  })

  it('warns when the held-out part is too small to say anything', async () => {
    const { inputs, labels, ids } = dataset.validation!
    const two = { inputs: inputs.slice(0, 4), labels: labels.slice(0, 2), ids: ids.slice(0, 2) }
    const tiny = { ...dataset, validation: two }
    const updates = [
      ...(await learn(adaptiveMixing(small), { dataset: tiny, epochs: 2 })).notes,
      ...(await learn(adaptiveMixing(small), { epochs: 2, learningRate: 1e-4 })).notes,
    ]
    expect(updates.map(({ figures }) => figures!['heldOutNoise']! > 0.5)).toEqual([true, false])
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
    const step = methodBatch({ studentLogits: [[1, 0]], teacherLogits: [[[1, 2]]], labels: [0] })
    const { running } = startMethod(adaptiveMixing(small), step)
    await expectNoLeak(() => running.save!())
  })

  describe('refuses', () => {
    const numbers = { studentLogits: [[1, 0], [0, 1]], teacherLogits: [[[1, 2], [2, 1]]], labels: [0, 1] } // prettier-ignore
    const step = methodBatch(numbers)
    const train = { ids: Int32Array.of(0, 1), labels: Int32Array.of(0, 1) }

    it.each<[string, Partial<typeof train>, string]>([
      ['of other examples', { ids: Int32Array.of(0, 2) }, 'got a table for other examples'],
      ['of other labels', { labels: Int32Array.of(1, 1) }, 'got a table for other labels'],
    ])('a saved table %s', (_, other, message) => {
      const state = startMethod(adaptiveMixing(small), step, { train }).running.save!()
      const { running } = startMethod(adaptiveMixing(small), step, { train: { ...train, ...other } })
      expect(() => running.load!(state)).toThrow(
        `adaptiveMixing: state must belong to the training split of this run, ${message}`,
      )
    })

    it('a saved table of another number of teachers, or none', () => {
      const state = startMethod(adaptiveMixing(small), step).running.save!()
      const { teacherLogits } = numbers
      const two = methodBatch({ ...numbers, teacherLogits: [...teacherLogits, ...teacherLogits] })
      const { running } = startMethod(adaptiveMixing(), two)
      expect(() => running.load!(state)).toThrow(
        'adaptiveMixing: state must have weights [ids, 3] for the label and 2 other terms, got [2, 2]',
      )
      expect(() => running.load!({ slot: tf.scalar(1) })).toThrow(
        'adaptiveMixing: state must hold the tensors weights and dataHash, got slot',
      )
    })

    it('an id outside of the training split', () => {
      const { running } = startMethod(adaptiveMixing(small), step)
      for (const id of [8, 1000, -1]) {
        expect(() => running.examples!(Int32Array.of(0, id))).toThrow(
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

    it('a teacher with other classes', async () => {
      const teachers = [(inputs: tf.Tensor) => tf.zeros<tf.Rank.R2>([inputs.shape[0], 4])]
      await expect(distill(run(adaptiveMixing(), { teachers }))).rejects.toThrow(
        "teacher 0 must give logits [N, 3] like the data set's classes, got [N, 4]",
      )
    })

    it.each<[AdaptiveMixingOptions, string]>([
      [{ variant: 'sum' as never }, 'variant must be amal or alm-kd or softmax, got sum'],
      [{ preset: 'all' as never }, 'preset must be cifar100 or'],
      [{ temperature: 0 }, 'temperature must be > 0, got 0'],
      [{ teacherWeight: 1 }, 'teacherWeight must be < 1, got 1'],
      [{ every: 0.5 }, 'every must be a whole number, got 0.5'],
      [{ warmUpEpochs: -1 }, 'warmUpEpochs must be >= 0, got -1'],
      [{ stepSize: -1500 }, 'stepSize must be > 0, got -1500'],
      [{ repeats: 0 }, 'repeats must be >= 1, got 0'],
      [{ groupBatches: 0 }, 'groupBatches must be >= 1, got 0'],
      [{ validationBatchSize: 0 }, 'validationBatchSize must be >= 1, got 0'],
      [{ lookAhead: 'all' as never }, 'lookAhead must be last-layer or network, got all'],
      [{ trainShare: 1 }, 'trainShare must be < 1, got 1'],
      [{ batchSize: 128 } as never, 'batchSize must not be given, got 128'],
      [{ terms: [] }, 'terms must have at least 1 entries, got []'],
      [{ terms: [{}] } as never, 'terms[0] must be a method'],
    ])('%j', (options, message) => {
      expect(() => adaptiveMixing(options)).toThrow(`adaptiveMixing: ${message}`)
    })
  })
})
