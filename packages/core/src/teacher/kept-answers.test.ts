import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import type { Dataset, Examples } from '../dataset/dataset.js'
import { memoryBatches } from '../dataset/memory-batches.js'
import { klDivergence } from '../example-loss/kl-divergence.js'
import { defineMethod } from '../method/define-method.js'
import type { Needs } from '../method/needs.js'
import { wrapMethod } from '../method/wrap-method.js'
import { sgd } from '../optimizer/sgd.js'
import { randomSource } from '../random/random-source.js'
import { distill } from '../training/distill.js'
import type { DistillationOptions } from '../training/distillation-options.js'
import { evaluate } from '../training/evaluate.js'
import type { KeptAnswers } from './kept-answers.js'

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
async function keptFrom(model: LayersModel, of: Dataset = dataset): Promise<KeptAnswers> {
  const rows = new Map<string, Float32Array>()
  for (const split of ['train', 'validation', 'test'] as const) {
    const { logits } = await evaluate(model, of, { split })
    of[split]!.ids.forEach((id, row) => rows.set(`${split} ${id}`, logits.slice(3 * row, 3 * row + 3)))
  }
  return {
    keptLogits: (split, ids) => Float32Array.from([...ids].flatMap((id) => [...rows.get(`${split} ${id}`)!])),
  }
}

const plain = defineMethod({
  name: 'plain',
  summary: 'every teacher',
  options: {},
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits }) =>
    Object.fromEntries(
      teacherLogits.map((logits, index) => [`teacher${index}`, klDivergence(logits, studentLogits, 2)]),
    ),
})

const needing = (needs: Needs) => wrapMethod(plain(), { name: 'needing', needs })

const run = (options: Partial<DistillationOptions>): DistillationOptions => ({
  student: network(7),
  dataset,
  method: plain(),
  epochs: 2,
  batchSize: 16,
  optimizer: sgd(),
  learningRate: 0.1,
  ...options,
})

const weightsOf = ({ student }: { student: LayersModel }): number[] =>
  student.getWeights().flatMap((weight) => [...weight.dataSync()])

describe('a teacher of kept answers', () => {
  it('teaches what the model taught, to the last bit, also beside one that is there', async () => {
    const [first, second] = [network(2), network(3)]
    const live = await distill(run({ teachers: [first, second] }))
    const kept = await distill(run({ teachers: [await keptFrom(first), second] }))
    expect(weightsOf(kept)).toEqual(weightsOf(live))
    expect(kept.history.map(({ train }) => train)).toEqual(live.history.map(({ train }) => train))
    expect(kept.teacherTrainMetrics).toEqual(live.teacherTrainMetrics)
    const other = await distill(run({ teachers: [await keptFrom(network(4)), second] }))
    expect(weightsOf(other)).not.toEqual(weightsOf(live))
  })

  it('is measured as the model is', async () => {
    const model = network(2)
    expect(await evaluate(await keptFrom(model), dataset)).toEqual(await evaluate(model, dataset))
  })

  it('answers in passes over both splits, in any order', async () => {
    const model = network(2)
    let seen = 0
    const method = wrapMethod(plain(), {
      name: 'passing',
      start: () => ({
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
      }),
    })
    const before = tf.memory().numTensors
    const student = network(7)
    const options = run({ student, method, teachers: [await keptFrom(model)], epochs: 1 })
    await distill(options)
    expect(seen).toBe(70)
    // The student's two weights and the optimizer's state for them, at most.
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(4)
  })

  const augmenting = { ...memoryBatches(dataset), augments: true }

  it('does not see augmented inputs, unless one answer shall do for all', async () => {
    const kept = await keptFrom(network(2))
    await expect(distill(run({ teachers: [kept], batches: augmenting }))).rejects.toThrow(
      /must not augment inputs under teacher 0/,
    )
    const fixed = await distill(run({ teachers: [{ ...kept, fixed: true }], batches: augmenting }))
    expect(weightsOf(fixed)).toEqual(weightsOf(await distill(run({ teachers: [kept] }))))
  })

  it('does not answer for two inputs in one', async () => {
    const kept = { ...(await keptFrom(network(2))), fixed: true }
    const batches: typeof augmenting = {
      augments: true,
      async *batches(epoch) {
        for await (const batch of augmenting.batches(epoch))
          yield { ...batch, mixup: { secondLabels: batch.labels, ratio: 0.5 } }
      },
    }
    await expect(distill(run({ teachers: [kept], batches }))).rejects.toThrow(/must not mix inputs/)
  })

  it.each<[what: string, Partial<DistillationOptions>, KeptAnswers['keptLogits'], RegExp]>([
    [
      'features',
      { method: needing({ teacherFeatures: ['penultimate'] }) },
      () => new Float32Array(),
      /teacher 0 must have the layer asked for, got penultimate\n.*it shows no features/,
    ],
    [
      'training mode',
      { teacherMode: 'train' },
      () => new Float32Array(),
      /teacher 0 must be a model that runs here for teacherMode train, got one that is not/,
    ],
    [
      'other classes',
      {},
      (_, { length }) => new Float32Array(4 * length),
      /teacher 0 must give logits \[N, 3\] like the data set's classes, got \[N, 4\]/,
    ],
    [
      'half a row',
      {},
      (_, { length }) => new Float32Array(length === 1 ? 3 : 3 * length - 1),
      /teacher 0 must have logits \[50, C\] kept for 50 examples, got 149 values/,
    ],
  ])('has no %s', async (_, options, keptLogits, message) => {
    await expect(distill(run({ ...options, teachers: [{ keptLogits }] }))).rejects.toThrow(message)
  })
})
