import { distill, randomSource, sgd } from '@kd/core'
import type { DistillationOptions, Method } from '@kd/core'
import { expectSameAfterResume, noiseDataset, noiseNetwork } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { adaptiveMixing } from './adaptive-mixing/adaptive-mixing.js'
import { curriculumTemperature } from './curriculum-temperature/curriculum-temperature.js'
import { fixedMixing } from './fixed-mixing/fixed-mixing.js'
import { gradNorm } from './grad-norm/grad-norm.js'
import { metaWeightNet } from './meta-weight-net/meta-weight-net.js'
import { randomTeacherDrop } from './random-teacher-drop/random-teacher-drop.js'
import { superLoss } from './super-loss/super-loss.js'
import { uncertaintyWeighting } from './uncertainty-weighting/uncertainty-weighting.js'

const teacher = (seed: number): ((inputs: tf.Tensor) => tf.Tensor2D) => {
  const random = randomSource(seed)
  const kernel = tf.tensor2d(
    Array.from({ length: 6 }, () => random.normal()),
    [2, 3],
  )
  return (inputs) => tf.matMul(inputs, kernel)
}

const teachers = [teacher(1), teacher(2)]

const options = (method: Method): DistillationOptions => ({
  student: noiseNetwork(1),
  teachers,
  method,
  dataset: noiseDataset,
  epochs: 3,
  batchSize: 16,
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: 0.1,
})

const mixing = { every: 2, warmUpEpochs: 0, groupBatches: 1, validationBatchSize: 10, stepSize: 50 }

describe('a resumed run', () => {
  it.each<[string, () => Method]>([
    ['adaptiveMixing, amal', () => adaptiveMixing({ ...mixing, variant: 'amal' })],
    ['adaptiveMixing, alm-kd', () => adaptiveMixing({ ...mixing, variant: 'alm-kd' })],
    ['adaptiveMixing, softmax', () => adaptiveMixing({ ...mixing, variant: 'softmax' })],
    [
      'adaptiveMixing of methods with state',
      () =>
        adaptiveMixing({ ...mixing, terms: [curriculumTemperature(), metaWeightNet({ hiddenUnits: 4 })] }),
    ],
    [
      'randomTeacherDrop',
      () => randomTeacherDrop(adaptiveMixing({ ...mixing, variant: 'amal' }), { rate: 0.4 }),
    ],
    ['superLoss', () => superLoss(adaptiveMixing(mixing))],
    ['metaWeightNet', () => metaWeightNet({ hiddenUnits: 4, networkLearningRate: 0.1 })],
    ['uncertaintyWeighting', () => uncertaintyWeighting()],
    ['gradNorm', () => gradNorm()],
    ['curriculumTemperature', () => curriculumTemperature()],
    ['fixedMixing', () => fixedMixing()],
  ])('ends with the same bits after any interruption: %s', async (_, makeMethod) => {
    expect(await expectSameAfterResume(() => options(makeMethod()))).toBe(12)
  })
})

describe('a method in two runs', () => {
  it.each<[string, Method]>([
    ['adaptiveMixing', adaptiveMixing({ ...mixing, every: 1 })],
    ['adaptiveMixing of methods', adaptiveMixing({ ...mixing, terms: [curriculumTemperature()] })],
    ['randomTeacherDrop', randomTeacherDrop(fixedMixing(), { rate: 0.4 })],
    ['superLoss', superLoss(uncertaintyWeighting())],
    ['metaWeightNet', metaWeightNet({ hiddenUnits: 4, networkLearningRate: 0.1 })],
    ['uncertaintyWeighting', uncertaintyWeighting()],
    ['gradNorm', gradNorm()],
    ['curriculumTemperature', curriculumTemperature()],
    ['fixedMixing', fixedMixing()],
  ])('does the same in each, one after the other and at once, and leaves nothing: %s', async (_, method) => {
    const outcome = async (): Promise<unknown> => {
      const run = options(method)
      const { history, examples } = await distill({ ...run, epochs: 2 })
      const weights = run.student.getWeights().map((weight) => Array.from(weight.dataSync()))
      run.student.dispose()
      return { losses: history.map(({ train }) => train), examples, weights }
    }
    const first = await outcome()
    const tensors = tf.memory().numTensors
    expect(await outcome()).toEqual(first)
    expect(tf.memory().numTensors).toBe(tensors)
    expect(await Promise.all([outcome(), outcome()])).toEqual([first, first])
  })
})
