import { crossEntropy, klDivergence, meanLoss, sgd, type DistillationMethod } from '@kd/core'
import { expectSameAfterResume, noiseDataset, noiseNetwork } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { correctness } from '../scores/correctness.js'
import { refreshedSelection, type RefreshedSelectionOptions } from './refreshed-selection.js'

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
      student: noiseNetwork(1),
      teachers: [noiseNetwork(2)],
      method: refreshedSelection(distillation, options),
      dataset: noiseDataset,
      epochs: 4,
      batchSize: 16,
      optimizer: sgd({ momentum: 0.9 }),
      learningRate: 0.1,
    }))
    expect(tried).toBe(16)
  })
})
