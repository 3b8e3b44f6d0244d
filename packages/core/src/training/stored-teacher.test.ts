import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import type { Dataset, Examples } from '../dataset/dataset.js'
import { memoryBatches } from '../dataset/memory-batches.js'
import { klDivergence } from '../example-loss/kl-divergence.js'
import type { DistillationMethod } from '../method/distillation-method.js'
import { meanLoss } from '../method/mean-loss.js'
import { sgd } from '../optimizer/sgd.js'
import { randomSource } from '../random/random-source.js'
import { distill } from './distill.js'
import type { DistillationOptions } from './distillation-options.js'
import { evaluate } from './evaluate.js'
import type { StoredTeacher } from './teacher.js'

function cloud(examples: number, seed: number): Examples {
  const random = randomSource(seed)
  return {
    inputs: Float32Array.from({ length: 2 * examples }, () => random.normal()),
    labels: Int32Array.from({ length: examples }, (_, row) => row % 3),
    // Neither from 0 nor rising: a row is no id.
    ids: Int32Array.from({ length: examples }, (_, row) => 1000 - 7 * row),
  }
}

const dataset: Dataset = {
  name: 'cloud',
  inputShape: [2],
  classNames: ['a', 'b', 'c'],
  normalization: { mean: [0.5], standardDeviation: [2] },
  train: cloud(50, 1),
  validation: cloud(20, 2),
  test: cloud(20, 3),
}

function network(seed: number): LayersModel {
  const kernelInitializer = { className: 'GlorotUniform', config: { seed } } as never
  return sequential({ layers: [layers.dense({ units: 3, inputShape: [2], kernelInitializer })] })
}

/** What a model says of every split, found again by split and id. */
async function storedFrom(model: LayersModel, of: Dataset = dataset): Promise<StoredTeacher> {
  const rows = new Map<string, Float32Array>()
  for (const split of ['train', 'validation', 'test'] as const) {
    const { logits } = await evaluate(model, of, { split })
    of[split]!.ids.forEach((id, row) => rows.set(`${split} ${id}`, logits.slice(3 * row, 3 * row + 3)))
  }
  return {
    storedLogits: (split, ids) =>
      Float32Array.from([...ids].flatMap((id) => [...rows.get(`${split} ${id}`)!])),
  }
}

const plain: DistillationMethod = {
  name: 'plain',
  requires: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits }) =>
    meanLoss(
      Object.fromEntries(
        teacherLogits.map((logits, index) => [`teacher${index}`, klDivergence(logits, studentLogits, 2)]),
      ),
    ),
}

const run = (options: Partial<DistillationOptions>): DistillationOptions => ({
  student: network(7),
  dataset,
  method: plain,
  epochs: 2,
  batchSize: 16,
  optimizer: sgd(),
  learningRate: 0.1,
  ...options,
})

const weightsOf = ({ student }: { student: LayersModel }): number[] =>
  student.getWeights().flatMap((weight) => [...weight.dataSync()])

describe('a teacher of stored logits', () => {
  it('teaches what the model taught, to the last bit, also beside one that is there', async () => {
    const [first, second] = [network(2), network(3)]
    const live = await distill(run({ teachers: [first, second] }))
    const stored = await distill(run({ teachers: [await storedFrom(first), second] }))
    expect(weightsOf(stored)).toEqual(weightsOf(live))
    expect(stored.history.map(({ train }) => train)).toEqual(live.history.map(({ train }) => train))
    expect(stored.teacherTrainMetrics).toEqual(live.teacherTrainMetrics)
    const other = await distill(run({ teachers: [await storedFrom(network(4)), second] }))
    expect(weightsOf(other)).not.toEqual(weightsOf(live))
  })

  it('is measured as the model is', async () => {
    const model = network(2)
    expect(await evaluate(await storedFrom(model), dataset)).toEqual(await evaluate(model, dataset))
  })

  it('answers in passes over both splits, in any order', async () => {
    const model = network(2)
    let seen = 0
    const method: DistillationMethod = {
      ...plain,
      async beforeEpoch({ forEachBatch, random }) {
        for (const split of ['train', 'validation'] as const) {
          await forEachBatch(
            split,
            ({ inputs, teacherLogits }) => {
              const wanted = tf.tidy(() => (model.predict(inputs) as tf.Tensor).dataSync())
              expect(teacherLogits[0]!.dataSync()).toEqual(wanted)
              seen += wanted.length / 3
            },
            { shuffle: random, batchSize: 7 },
          )
        }
      },
    }
    const before = tf.memory().numTensors
    const student = network(7)
    const options = run({ student, method, teachers: [await storedFrom(model)], epochs: 1 })
    await distill(options)
    expect(seen).toBe(70)
    // The student's two weights and the optimizer's state for them, at most.
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(4)
  })

  const augmenting = { ...memoryBatches(dataset), augments: true }

  it('does not see augmented inputs, unless one answer shall do for all', async () => {
    const stored = await storedFrom(network(2))
    await expect(distill(run({ teachers: [stored], batches: augmenting }))).rejects.toThrow(
      /must not augment inputs under teacher 0/,
    )
    const fixed = await distill(run({ teachers: [{ ...stored, fixed: true }], batches: augmenting }))
    expect(weightsOf(fixed)).toEqual(weightsOf(await distill(run({ teachers: [stored] }))))
  })

  it('does not answer for two inputs in one', async () => {
    const stored = { ...(await storedFrom(network(2))), fixed: true }
    const batches: typeof augmenting = {
      augments: true,
      async *batches(epoch) {
        for await (const batch of augmenting.batches(epoch))
          yield { ...batch, mixup: { secondLabels: batch.labels, ratio: 0.5 } }
      },
    }
    await expect(distill(run({ teachers: [stored], batches }))).rejects.toThrow(/must not mix inputs/)
  })

  it.each<[what: string, Partial<DistillationOptions>, StoredTeacher['storedLogits'], RegExp]>([
    [
      'features',
      { method: { ...plain, requires: { teachers: 1, teacherFeatures: ['penultimate'] } } },
      () => new Float32Array(),
      /must be layers models for features or teacherMode train, got stored logits/,
    ],
    ['training mode', { teacherMode: 'train' }, () => new Float32Array(), /got stored logits/],
    [
      'other classes',
      {},
      (_, { length }) => new Float32Array(4 * length),
      /teacher 0 must give logits \[N, 3\] like the data set's classes, got \[50, 4\]/,
    ],
    [
      'half a row',
      {},
      (_, { length }) => new Float32Array(3 * length - 1),
      /teacher 0 must have logits \[50, C\] stored for 50 examples, got 149 values/,
    ],
  ])('has no %s', async (_, options, storedLogits, message) => {
    await expect(distill(run({ ...options, teachers: [{ storedLogits }] }))).rejects.toThrow(message)
  })
})
