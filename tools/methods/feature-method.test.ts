import { adam, randomSource, type Method } from '@kd/core'
import { fitnetHint, type FitnetHintOptions } from '@kd/features'
import { adaptiveMixing, curriculumTemperature } from '@kd/meta-mixing'
import { refreshedSelection, selected } from '@kd/selection'
import { expectSameAfterResume, noiseDataset, noiseNetwork } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'

/** A teacher of other layers than the student and the first teacher, without their names. */
function wideNetwork(seed: number): LayersModel {
  const kernelInitializer = { className: 'GlorotUniform', config: { seed } } as never
  return sequential({
    layers: [
      layers.dense({ units: 9, inputShape: [2], activation: 'relu', name: 'wide', kernelInitializer }),
      layers.dense({ units: 4, activation: 'relu', kernelInitializer }),
      layers.dense({ units: 3, kernelInitializer }),
    ],
  })
}

/** A hint from the second teacher: 5 units lead to 9. */
const ofWide: FitnetHintOptions = { teacher: 1, teacherFeature: 'wide' }

const { ids } = noiseDataset.train
const everyOther = Float32Array.from(ids, (_, row) => row % 2)
const mixing = {
  warmUpEpochs: 0,
  every: 1,
  groupBatches: 1,
  validationBatchSize: 10,
  lookAhead: 'network',
} as const

describe('fitnetHint of @kd/features, which trains a regressor with the student', () => {
  it.each<[string, () => Method]>([
    ['alone', () => fitnetHint()],
    ['the second of two teachers', () => fitnetHint(ofWide)],
    ['selected', () => selected(fitnetHint(ofWide), everyOther, { ids })],
    [
      'a selection that is made anew',
      () => refreshedSelection(fitnetHint(ofWide), { model: 'student', every: 1, fraction: 0.5 }),
    ],
    ['a term of adaptiveMixing', () => adaptiveMixing({ ...mixing, terms: [fitnetHint()] })],
    [
      'terms for two teachers, beside another method',
      () => adaptiveMixing({ ...mixing, terms: [fitnetHint(), fitnetHint(ofWide), curriculumTemperature()] }),
    ],
    [
      'a term for examples that are chosen',
      () => adaptiveMixing({ ...mixing, terms: [selected(fitnetHint(ofWide), everyOther, { ids })] }),
    ],
  ])('learns and goes on to the same bits from every checkpoint: %s', async (_, makeMethod) => {
    const before = tf.memory().numTensors
    let made = 0
    const tried = await expectSameAfterResume(() => {
      const student = noiseNetwork(1)
      const teachers = [noiseNetwork(2), wideNetwork(3)]
      made += [student, ...teachers].reduce((sum, model) => sum + model.weights.length, 0)
      return {
        student,
        teachers,
        method: makeMethod(),
        dataset: noiseDataset,
        epochs: 2,
        batchSize: 16,
        optimizer: adam(),
        learningRate: 0.01,
      }
    })
    expect(tried).toBe(8)
    // The models are the test's; everything else, regressors and their slots too, is freed by the runs.
    expect(tf.memory().numTensors - before).toBe(made)
  })

  it('gives its regressor the shapes of the models, and weights of the seed of the run', () => {
    const regressorOf = (seed: number): { kernel: number[]; shape: number[] } => {
      const running = fitnetHint(ofWide).start({
        task: undefined as never,
        student: { logits: [3], features: { penultimate: [5] } },
        teachers: [
          { logits: [3], features: {} },
          { logits: [3], features: { wide: [9] } },
        ],
        batchSize: 16,
        epochs: 1,
        train: noiseDataset.train,
        random: randomSource(seed),
      })
      const { kernel, ...others } = running.variables!
      const found = { kernel: Array.from(kernel!.dataSync()), shape: kernel!.shape }
      tf.dispose([kernel!, ...Object.values(others)])
      return found
    }
    expect(regressorOf(1).shape).toEqual([5, 9])
    expect(regressorOf(1)).toEqual(regressorOf(1))
    expect(regressorOf(1).kernel).not.toEqual(regressorOf(2).kernel)
  })
})
