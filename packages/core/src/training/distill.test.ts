import { expectAllClose, plainDistillation } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import type { Dataset, Examples } from '../dataset/dataset.js'
import { memoryBatches } from '../dataset/memory-batches.js'
import { normalizedInputs } from '../dataset/normalized-inputs.js'
import { crossEntropy } from '../example-loss/cross-entropy.js'
import { labelLoss } from '../method/label-loss.js'
import type { EpochContext } from '../method/epoch-context.js'
import type { Method } from '../method/method.js'
import type { Needs } from '../method/needs.js'
import { wrapMethod } from '../method/wrap-method.js'
import { sgd } from '../optimizer/sgd.js'
import { randomSource } from '../random/random-source.js'
import { classification } from '../task/classification.js'
import { distill } from './distill.js'
import type { DistillationOptions } from './distillation-options.js'
import { evaluate } from './evaluate.js'
import { train } from './train.js'

/** Three Gaussian clouds in the plane. */
function clouds(examples: number, seed: number): Examples {
  const random = randomSource(seed)
  const labels = Int32Array.from({ length: examples }, (_, row) => row % 3)
  const inputs = new Float32Array(examples * 2)
  labels.forEach((label, row) => {
    inputs[2 * row] = 2 * Math.cos((2 * Math.PI * label) / 3) + 0.5 * random.normal()
    inputs[2 * row + 1] = 2 * Math.sin((2 * Math.PI * label) / 3) + 0.5 * random.normal()
  })
  return { inputs, labels, ids: Int32Array.from({ length: examples }, (_, row) => row + 100) }
}

const dataset: Dataset = {
  name: 'clouds',
  inputShape: [2],
  classNames: ['a', 'b', 'c'],
  normalization: { mean: [0], standardDeviation: [2] },
  train: clouds(60, 1),
  validation: clouds(30, 2),
  test: clouds(30, 3),
}

function network(seed = 1, extra: { dropout?: number; batchNormalization?: boolean } = {}): LayersModel {
  const kernelInitializer = (offset: number) => ({
    className: 'GlorotUniform',
    config: { seed: seed + offset },
  })
  return sequential({
    layers: [
      layers.dense({
        units: 8,
        inputShape: [2],
        activation: 'relu',
        kernelInitializer: kernelInitializer(0) as never,
      }),
      ...(extra.batchNormalization ? [layers.batchNormalization()] : []),
      ...(extra.dropout === undefined ? [] : [layers.dropout({ rate: extra.dropout })]),
      layers.dense({ units: 3, kernelInitializer: kernelInitializer(1) as never }),
    ],
  })
}

/** A method that says what it needs, and does nothing but train on labels. */
const needing = (needs: Needs): Method => wrapMethod(labelLoss(), { name: 'needing', needs })

/** Plain distillation that does something before each epoch. */
const passing = (beforeEpoch: (context: EpochContext) => Promise<void>, needs: Needs = {}): Method =>
  wrapMethod(plainDistillation(), { name: 'passing', needs, start: () => ({ beforeEpoch }) })

const run = (options: Partial<DistillationOptions> = {}): DistillationOptions => ({
  student: network(),
  method: labelLoss(),
  dataset,
  epochs: 3,
  batchSize: 16,
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: 0.1,
  ...options,
})

const weightsOf = (model: LayersModel): number[] =>
  model.getWeights().flatMap((weight) => Array.from(weight.dataSync()))

describe('distill', () => {
  it('learns the clouds from labels, and reports each epoch', async () => {
    const result = await train({ ...run({ epochs: 10 }), model: network() })
    expect(result.history.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(result.history[0]!.steps).toBe(4)
    expect(result.history.at(-1)!.train.loss).toBeLessThan(result.history[0]!.train.loss)
    expect((await evaluate(result.student, dataset)).top1).toBeGreaterThan(0.9)
    expect(result.ended).toBe('epochs')
  })

  it('takes exactly the steps of gradient descent written out by hand', async () => {
    const student = sequential({
      layers: [layers.dense({ units: 3, inputShape: [2], kernelInitializer: 'zeros' })],
    })
    const whole = { ...dataset, normalization: { mean: [0], standardDeviation: [1] } }
    await distill(
      run({ student, dataset: whole, epochs: 1, batchSize: 60, optimizer: sgd(), learningRate: 0.5 }),
    )
    // From zero weights every probability is 1/3: gradient = mean of x (1/3 - oneHot).
    const expected = Array.from({ length: 2 }, (_, input) =>
      Array.from({ length: 3 }, (_, label) => {
        const { inputs, labels } = dataset.train
        const gradients = Array.from(
          labels,
          (own, row) => inputs[2 * row + input]! * (1 / 3 - (own === label ? 1 : 0)),
        )
        return (-0.5 * gradients.reduce((sum, value) => sum + value, 0)) / labels.length
      }),
    )
    expectAllClose(student.getWeights()[0]!, expected)
  })

  it('weighs a smaller last batch by its size in the epoch means', async () => {
    const student = network()
    const { logits, loss } = await evaluate(student, dataset, { split: 'train' })
    expect(logits.length).toBe(180)
    // A rate this small leaves the student as it is, so the epoch's mean is the split's mean.
    const { history } = await distill(run({ student, epochs: 1, batchSize: 25, learningRate: 1e-12 }))
    expect(history[0]!.train.loss).toBeCloseTo(loss, 6)
    expect(history[0]!.steps).toBe(3)
  })

  it('gives the same bits for the same seed and others for another, with dropout', async () => {
    const weights = async (seed: number): Promise<number[]> => {
      const { student } = await distill(run({ seed, student: network(1, { dropout: 0.5 }) }))
      return weightsOf(student)
    }
    const [first, second, other] = [await weights(5), await weights(5), await weights(6)]
    expect(second).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('leaves the seeds of dropout layers as they were, for they are saved with the model', async () => {
    const student = network(1, { dropout: 0.5 })
    const before = student.toJSON(undefined, true)
    await distill(run({ student }))
    expect(student.toJSON(undefined, true)).toEqual(before)
  })

  it('draws another dropout mask at each step', async () => {
    const student = network(1, { dropout: 0.5 })
    const seeds: number[] = []
    const onStep = (): void => {
      seeds.push((student.layers[1] as unknown as { seed: number }).seed)
    }
    await distill(run({ student, epochs: 2, callbacks: { onStep } }))
    expect(new Set(seeds).size).toBe(8)
  })

  it.each(['forward', 'backward'])(
    'leaves nothing behind when the %s pass fails, and goes on',
    async (pass) => {
      const options = run({ epochs: 1, optimizer: sgd() })
      await distill(options)
      const before = tf.memory().numTensors
      const method = wrapMethod(labelLoss(), {
        name: 'failing',
        loss: ({ studentLogits, labels }) => {
          if (pass === 'forward') throw new Error('the forward pass fails')
          const failing = tf.customGrad((logits) => ({
            value: tf.clone(logits as tf.Tensor),
            gradFunc: () => {
              throw new Error('the backward pass fails')
            },
          }))
          return { label: crossEntropy(failing(studentLogits) as tf.Tensor2D, labels) }
        },
      })
      await expect(distill({ ...options, method })).rejects.toBeInstanceOf(Error)
      expect(tf.memory().numTensors).toBe(before)
      expect((await distill(options)).ended).toBe('epochs')
      expect(tf.memory().numTensors).toBe(before)
    },
  )

  it('asks teachers once for the whole run, or at each step where inputs are random', async () => {
    let calls = 0
    const teacher = (inputs: tf.Tensor): tf.Tensor2D => {
      calls += 1
      return tf.matMul(inputs, tf.ones([2, 3]))
    }
    const options = { teachers: [teacher], method: plainDistillation() }
    const cached = await distill(run(options))
    // Once about one example, for the shape of its answers, and once about all.
    expect(calls).toBe(2)
    expect(cached.teacherTrainMetrics![0]!.examples).toBe(60)
    calls = 0
    const live = await distill(run({ ...options, batches: { ...memoryBatches(dataset), augments: true } }))
    expect(calls).toBe(13)
    expectAllClose(weightsOf(live.student), weightsOf(cached.student))
  })

  it('runs teachers in train mode on demand and puts their weights back', async () => {
    const teacher = network(3, { batchNormalization: true })
    const before = weightsOf(teacher)
    const distilled = async (teacherMode: 'eval' | 'train'): Promise<number[]> =>
      weightsOf(
        (await distill(run({ teachers: [teacher], method: plainDistillation(), teacherMode }))).student,
      )
    expect(await distilled('train')).not.toEqual(await distilled('eval'))
    expect(weightsOf(teacher)).toEqual(before)
  })

  it('hands methods the ids, the layers that they ask for, and every teacher', async () => {
    const student = network()
    const seen: { ids: number[]; shapes: unknown }[] = []
    const probe = wrapMethod(labelLoss(), {
      name: 'probe',
      needs: { teachers: 2, studentFeatures: ['penultimate'], teacherFeatures: ['penultimate'] },
      loss: (batch, inner) => {
        seen.push({
          ids: Array.from(batch.ids),
          shapes: [
            batch.studentFeatures['penultimate']!.shape,
            batch.teacherFeatures.map((features) => features['penultimate']!.shape),
            batch.teacherLogits.length,
          ],
        })
        return inner(batch)
      },
    })
    await distill(
      run({ student, teachers: [network(2), network(3)], method: probe, epochs: 1, batchSize: 20 }),
    )
    expect(seen.flatMap(({ ids }) => ids).sort((a, b) => a - b)).toEqual(Array.from(dataset.train.ids))
    expect(seen[0]!.shapes).toEqual([
      [20, 8],
      [
        [20, 8],
        [20, 8],
      ],
      2,
    ])
  })

  it('gives passes the layers that only they ask for, and lets training steps look the logits up all the same', async () => {
    const inSteps = new Set<string>()
    const inPasses: unknown[] = []
    const names = (features: readonly object[]): string =>
      JSON.stringify(features.map((one) => Object.keys(one)))
    const method = wrapMethod(plainDistillation(), {
      name: 'probe',
      needs: { passes: { studentFeatures: ['penultimate'], teacherFeatures: ['penultimate'] } },
      loss: (batch, inner) => {
        inSteps.add(names([batch.studentFeatures, ...batch.teacherFeatures]))
        return inner(batch)
      },
      start: () => ({
        beforeEpoch: ({ forEachBatch }) =>
          forEachBatch('train', ({ studentFeatures, teacherFeatures }) => {
            inPasses.push(studentFeatures['penultimate']!.shape, teacherFeatures[0]!['penultimate']!.shape)
          }),
      }),
    })
    const { teacherTrainMetrics } = await distill(run({ teachers: [network(2)], method, epochs: 1 }))
    expect([...inSteps]).toEqual(['[[],[]]'])
    expect(inPasses).toEqual([
      [60, 8],
      [60, 8],
    ])
    expect(teacherTrainMetrics).toHaveLength(1)
  })

  it('lets a method pass over a split before each epoch', async () => {
    const epochs: number[] = []
    let ids: number[] = []
    const method = passing(
      async ({ epoch, idLimit, learningRate, forEachBatch }) => {
        epochs.push(epoch, idLimit, learningRate)
        ids = []
        await forEachBatch('validation', (batch) => {
          expect(batch.studentLogits.shape).toEqual(batch.teacherLogits[0]!.shape)
          ids.push(...batch.ids)
        })
      },
      { validation: true },
    )
    await distill(run({ teachers: [network(2)], method, epochs: 2 }))
    expect(epochs).toEqual([0, 160, 0.1, 1, 160, 0.1])
    expect(ids).toEqual(Array.from(dataset.validation!.ids))
  })

  it('shuffles such a pass and cuts it to size on demand, the same for the same seed', async () => {
    const passes = async (seed: number): Promise<number[][]> => {
      const batches: number[][] = []
      const method = passing(async ({ epoch, train, random, forEachBatch }) => {
        expect(train.ids).toEqual(dataset.train.ids)
        expect(train.labels).toEqual(dataset.train.labels)
        const shuffle = random.split(epoch)
        await forEachBatch(
          'train',
          ({ ids, labels }) => {
            expect(Array.from(labels.dataSync())).toEqual(Array.from(ids, (id) => (id - 100) % 3))
            batches.push(Array.from(ids))
          },
          { batchSize: 25, shuffle },
        )
      })
      await distill(run({ teachers: [network(2)], method, epochs: 2, seed }))
      return batches
    }
    const batches = await passes(1)
    expect(batches.map(({ length }) => length)).toEqual([25, 25, 10, 25, 25, 10])
    expect(batches.slice(0, 3).flat()).not.toEqual(batches.slice(3).flat())
    for (const epoch of [batches.slice(0, 3), batches.slice(3)]) {
      expect(epoch.flat().sort((a, b) => a - b)).toEqual(Array.from(dataset.train.ids))
      expect(epoch.flat()).not.toEqual(Array.from(dataset.train.ids))
    }
    expect(await passes(1)).toEqual(batches)
    expect(await passes(2)).not.toEqual(batches)
  })

  it('asks the teachers once for such passes where their logits are kept, and never where nobody reads them', async () => {
    let rows = 0
    const model = network(2)
    const teacher = (inputs: tf.Tensor): tf.Tensor2D => {
      rows += inputs.shape[0]
      return model.predict(inputs) as tf.Tensor2D
    }
    const method = passing(async ({ random, forEachBatch }) => {
      await forEachBatch(
        'train',
        ({ ids, teacherLogits }) => {
          const inputs = tf.tensor(
            normalizedInputs(
              dataset,
              dataset.train,
              ids.map((id) => id - 100),
            ),
            [ids.length, ...dataset.inputShape],
          )
          expectAllClose(teacherLogits[0]!, model.predict(inputs))
        },
        { shuffle: random },
      )
      await forEachBatch('validation', ({ teacherLogits }) => expect(teacherLogits).toEqual([]), {
        teachers: false,
      })
    })
    await distill(run({ teachers: [teacher], method, epochs: 2 }))
    // One example is asked about for the shape of the answers.
    expect(rows).toBe(1 + dataset.train.labels.length)
  })

  it("trains the method's own variables with the student", async () => {
    let trained: number[] = []
    const method: Method = {
      name: 'offset',
      needs: {},
      start() {
        const offset = tf.tidy(() => tf.variable(tf.zeros([3])))
        return {
          variables: { offset },
          phases: [
            {
              learner: 'student',
              loss: ({ studentLogits, labels }) => ({
                label: crossEntropy(tf.add<tf.Tensor2D>(studentLogits, offset), labels),
              }),
            },
          ],
          dispose: () => void (trained = Array.from(offset.dataSync(), Math.abs)),
        }
      },
    }
    const options = run({ method, epochs: 1 })
    await distill(options)
    const before = tf.memory().numTensors
    await distill(options)
    expect(Math.max(...trained)).toBeGreaterThan(0)
    // The loop frees them.
    expect(tf.memory().numTensors - before).toBe(0)
  })

  it('mixes the loss of both labels where inputs were mixed', async () => {
    const source = memoryBatches(dataset)
    const mixing = {
      augments: true,
      async *batches(epoch: Parameters<typeof source.batches>[0]) {
        for await (const batch of source.batches(epoch)) {
          yield { ...batch, mixup: { secondLabels: batch.labels.map(() => 2), ratio: 0.25 } }
        }
      },
    }
    const student = network()
    const { loss } = await evaluate(student, dataset, { split: 'train' })
    const toThird = { ...dataset, train: { ...dataset.train, labels: dataset.train.labels.map(() => 2) } }
    const { loss: thirdLoss } = await evaluate(student, toThird, { split: 'train' })
    const { history } = await distill(run({ student, epochs: 1, learningRate: 1e-12, batches: mixing }))
    expect(history[0]!.train.loss).toBeCloseTo(0.25 * loss + 0.75 * thirdLoss, 5)
  })

  it('goes back to the best epoch on the validation split', async () => {
    const result = await distill(run({ epochs: 6, learningRate: 0.5, monitor: 'loss' }))
    const losses = result.history.map(({ validation }) => validation!.loss)
    expect(result.best!.epoch).toBe(losses.indexOf(Math.min(...(losses as number[]))))
    result.best!.restore()
    const { loss } = await evaluate(result.student, dataset, { split: 'validation' })
    expect(loss).toBeCloseTo(Math.min(...(losses as number[])), 6)
  })

  it('stops early when validation no longer improves', async () => {
    const { history, ended, best } = await distill(
      run({ epochs: 50, learningRate: 1e-9, earlyStop: { patience: 2 } }),
    )
    expect(ended).toBe('early-stop')
    expect(best!.epoch).toBe(0)
    expect(history).toHaveLength(3)
  })

  it('stops at a step when aborted, keeping what was done', async () => {
    const controller = new AbortController()
    const onStep = ({ epoch, step }: { epoch: number; step: number }): void => {
      if (epoch === 1 && step === 2) controller.abort()
    }
    const result = await distill(run({ signal: controller.signal, callbacks: { onStep } }))
    expect(result.ended).toBe('aborted')
    expect(result.history).toHaveLength(1)
  })

  it('keeps the number of tensors constant over epochs', async () => {
    const counts: number[] = []
    const onEpochEnd = (): void => void counts.push(tf.memory().numTensors)
    const options = { teachers: [network(2)], method: plainDistillation(), gradientClipping: { norm: 1 } }
    await distill(run({ ...options, epochs: 4, callbacks: { onEpochEnd } }))
    expect(new Set(counts.slice(1)).size).toBe(1)
  })

  it('says where the loss stopped being finite', async () => {
    await expect(distill(run({ learningRate: 1e30 }))).rejects.toThrow(
      /distill: the loss must stay finite, got (NaN|Infinity) in step \d+ of epoch 0, from label\n.*lower the learning rate/,
    )
  })

  it.each<[string, () => Partial<DistillationOptions>, RegExp]>([
    [
      'a batch larger than the data',
      () => ({ batchSize: 61 }),
      /batchSize must be at most the 60 training examples, got 61/,
    ],
    ['no epochs', () => ({ epochs: 0 }), /epochs must be a whole number >= 1, got 0/],
    [
      'a missing teacher',
      () => ({ method: plainDistillation() }),
      /teachers must be at least 1 for plain, got 0/,
    ],
    [
      'a teacher with other classes',
      () => ({
        method: plainDistillation(),
        teachers: [sequential({ layers: [layers.dense({ units: 4, inputShape: [2] })] })],
      }),
      /teacher 0 \(sequential_\d+\) must give logits \[N, 3\] like the data set's classes, got \[N, 4\]/,
    ],
    [
      'a student that ends in a softmax',
      () => ({
        student: sequential({ layers: [layers.dense({ units: 3, inputShape: [2], activation: 'softmax' })] }),
      }),
      /student must give logits, got a model that ends in a softmax/,
    ],
    [
      'a student for other inputs',
      () => ({ student: sequential({ layers: [layers.dense({ units: 3, inputShape: [4] })] }) }),
      /student must take the data set's inputs \[N, 2\], got \[N, 4\]/,
    ],
    [
      'an unknown layer',
      () => ({ method: needing({ studentFeatures: ['stage9'] }) }),
      /student must have the layer asked for, got stage9\n.*its layers: dense/,
    ],
    [
      'an unknown layer for passes',
      () => ({ method: needing({ passes: { studentFeatures: ['stage9'] } }) }),
      /student must have the layer asked for, got stage9/,
    ],
    [
      'a function whose features passes read',
      () => ({
        teachers: [(inputs: tf.Tensor) => inputs],
        method: needing({ passes: { teacherFeatures: ['penultimate'] } }),
      }),
      /teacher 0 must have the layer asked for, got penultimate\n.*it shows no features: use a model that runs here/,
    ],
    [
      'early stop without validation',
      () => ({ dataset: omitValidation(dataset), earlyStop: { patience: 1 } }),
      /dataset must have a validation split for earlyStop, got none/,
    ],
    [
      'a NaN among the inputs',
      () => ({
        dataset: { ...dataset, train: { ...dataset.train, inputs: new Float32Array(120).fill(NaN) } },
      }),
      /distill: train.*finite/,
    ],
  ])('refuses %s before it starts', async (_, options, message) => {
    await expect(distill(run(options()))).rejects.toThrow(message)
  })
})

function omitValidation({ validation: _, ...rest }: Dataset): Dataset {
  return rest
}

it.each([
  ['higher', 'score'],
  ['lower', 'loss'],
] as const)(
  'never takes an epoch without a number for the best one: %s is better',
  async (better, figure) => {
    const told = [NaN, 1, NaN, better === 'higher' ? 2 : 0.5, NaN]
    let epoch = 0
    const telling = {
      ...classification({ outputs: 3 }),
      kinds: { [figure]: { title: figure, unit: 'number' as const, better } },
      monitor: figure,
      meter: () => ({ add: () => undefined, figures: () => ({ [figure]: told[epoch++]! }) }),
    }
    const best = async (epochs: number): Promise<number> => {
      epoch = 0
      return (await distill(run({ dataset: { ...dataset, task: telling }, epochs }))).best!.epoch
    }
    // The first epoch is the best of one, until there is a number.
    expect([await best(1), await best(2), await best(3), await best(4), await best(5)]).toEqual([
      0, 1, 1, 3, 3,
    ])
  },
)
