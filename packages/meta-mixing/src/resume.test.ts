import { randomSource, sgd } from '@kd/core'
import type { DistillationMethod, DistillationOptions } from '@kd/core'
import { expectSameAfterResume, noiseDataset, noiseNetwork } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { adaptiveMixing } from './adaptive-mixing/adaptive-mixing.js'
import { metaWeightNet } from './meta-weight-net/meta-weight-net.js'
import { randomTeacherDrop } from './random-teacher-drop/random-teacher-drop.js'
import { uncertaintyWeighting } from './uncertainty-weighting/uncertainty-weighting.js'

const teacher = (seed: number): ((inputs: tf.Tensor) => tf.Tensor2D) => {
  const random = randomSource(seed)
  const kernel = tf.tensor2d(
    Array.from({ length: 6 }, () => random.normal()),
    [2, 3],
  )
  return (inputs) => tf.matMul(inputs, kernel)
}

const options = (method: DistillationMethod): DistillationOptions => ({
  student: noiseNetwork(1),
  teachers: [teacher(1), teacher(2)],
  method,
  dataset: noiseDataset,
  epochs: 3,
  batchSize: 16,
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: 0.1,
})

const mixing = { teachers: 2, every: 2, batchSize: 8, validationBatchSize: 10, stepSize: 50 }

describe('a resumed run', () => {
  it.each<[string, () => DistillationMethod]>([
    ['adaptiveMixing, amal', () => adaptiveMixing({ ...mixing, variant: 'amal' })],
    ['adaptiveMixing, alm-kd', () => adaptiveMixing({ ...mixing, variant: 'alm-kd' })],
    ['adaptiveMixing, softmax', () => adaptiveMixing({ ...mixing, variant: 'softmax' })],
    [
      'randomTeacherDrop',
      () => randomTeacherDrop(adaptiveMixing({ ...mixing, variant: 'amal' }), { rate: 0.4 }),
    ],
    [
      'metaWeightNet',
      () => metaWeightNet({ teachers: 2, hiddenUnits: 4, batchSize: 16, networkLearningRate: 0.1 }),
    ],
    ['uncertaintyWeighting', () => uncertaintyWeighting({ teachers: 2 })],
  ])('ends with the same bits after any interruption: %s', async (_, makeMethod) => {
    expect(await expectSameAfterResume(() => options(makeMethod()))).toBe(12)
  })
})
