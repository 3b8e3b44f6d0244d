import { crossEntropy, klDivergence, meanLoss, randomSource, sgd } from '@kd/core'
import type { Dataset, DistillationMethod, Examples } from '@kd/core'
import { expectSameAfterResume } from '@kd/testing'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { correctness } from '../scores/correctness.js'
import { refreshedSelection, type RefreshedSelectionOptions } from './refreshed-selection.js'

function examples(count: number, seed: number): Examples {
  const random = randomSource(seed)
  const labels = Int32Array.from({ length: count }, () => random.integer(3))
  const inputs = Float32Array.from({ length: 2 * count }, (_, at) => random.normal() + labels[at >> 1]!)
  return { inputs, labels, ids: labels.map((_, row) => 3 * row) }
}

const dataset: Dataset = {
  name: 'noise',
  inputShape: [2],
  classNames: ['a', 'b', 'c'],
  normalization: { mean: [0], standardDeviation: [1] },
  train: examples(40, 1),
  validation: examples(24, 2),
}

function network(seed: number): LayersModel {
  const kernelInitializer = { className: 'GlorotUniform', config: { seed } } as never
  return sequential({
    layers: [
      layers.dense({ units: 5, inputShape: [2], activation: 'relu', kernelInitializer }),
      layers.dense({ units: 3, kernelInitializer }),
    ],
  })
}

const distillation: DistillationMethod = {
  name: 'distillation',
  requires: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }) =>
    meanLoss({
      label: crossEntropy(studentLogits, labels),
      teacher: klDivergence(teacherLogits!, studentLogits, 2),
    }),
}

describe('a resumed run', () => {
  it.each<[string, RefreshedSelectionOptions]>([
    ['influence on the student, every other epoch', { model: 'student', every: 2, fraction: 0.5 }],
    [
      'a choice of the first epoch',
      { model: 'student', every: 0, fraction: 0.5, score: ({ train }) => correctness(train) },
    ],
  ])('ends with the same bits after any interruption: %s', async (_, options) => {
    const tried = await expectSameAfterResume(() => ({
      student: network(1),
      teachers: [network(2)],
      method: refreshedSelection(distillation, options),
      dataset,
      epochs: 4,
      batchSize: 16,
      optimizer: sgd({ momentum: 0.9 }),
      learningRate: 0.1,
    }))
    expect(tried).toBe(16)
  })
})
