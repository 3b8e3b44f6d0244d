import { distill, sgd } from '@kd/core'
import { describeFeatureConformance, noiseDataset, noiseNetwork } from '@kd/testing'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import golden from './fitnet-hint.golden.json' with { type: 'json' }
import { fitnetHint, type FitnetHintOptions } from './fitnet-hint.js'

describeFeatureConformance({
  golden,
  method: (options: FitnetHintOptions, [studentFeature], [teacherFeature]) =>
    fitnetHint({ ...options, studentFeature: studentFeature!, teacherFeature: teacherFeature! }),
})

const options = {
  dataset: noiseDataset,
  epochs: 5,
  batchSize: 8,
  optimizer: sgd(),
  learningRate: 0.02,
}

describe('fitnetHint', () => {
  it('brings the feature nearer to the hint', async () => {
    const method = fitnetHint({ hintWeight: 1, hardLossWeight: 0, batchNormalization: false, relu: false })
    const { history } = await distill({
      ...options,
      student: noiseNetwork(1),
      teachers: [noiseNetwork(2)],
      method,
      epochs: 20,
    })
    const losses = history.map(({ train }) => train.parts['hint']!)
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 1.5)
  })

  it('says before a step is taken which features do not fit, and which are not there', async () => {
    const images: LayersModel = sequential({
      layers: [
        layers.reshape({ targetShape: [1, 2, 1], inputShape: [2], name: 'image' }),
        layers.flatten(),
        layers.dense({ units: 3 }),
      ],
    })
    const run = (feature: string): Promise<unknown> =>
      distill({
        ...options,
        student: noiseNetwork(1),
        teachers: [images],
        method: fitnetHint({ teacherFeature: feature }),
      })
    await expect(run('image')).rejects.toThrow(
      "fitnetHint: features must be two vectors, or two maps of which the teacher's is not larger by other than twice, got [5] and [1, 2, 1]",
    )
    await expect(run('nowhere')).rejects.toThrow('must have the layer asked for, got nowhere')
  })

  it('refuses options out of range', () => {
    expect(() => fitnetHint({ hintWeight: -1 })).toThrow('fitnetHint: hintWeight must be >= 0, got -1')
  })
})
