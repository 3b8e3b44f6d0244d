import { crossEntropy, klDivergence, softCrossEntropy, softmaxWithTemperature } from '@kd/core'
import {
  describeMethodConformance,
  expectAllClose,
  expectNoLeak,
  gradientOf,
  lossesOf,
  methodBatch,
  startMethod,
} from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { softLabelWeights } from '../terms/soft-label-weights.js'
import golden from './weighted-soft-labels.golden.json' with { type: 'json' }
import {
  weightedSoftLabels,
  weightedSoftLabelsPresets,
  type WeightedSoftLabelsOptions,
} from './weighted-soft-labels.js'

describeMethodConformance(weightedSoftLabels, {
  golden,
  holdConstant: ({ studentLogits, teacherLogits: [teacherLogits], labels }) => {
    const weights = softLabelWeights(studentLogits, teacherLogits!, labels)
    const softLabels = softmaxWithTemperature(teacherLogits!, 4)
    return (logits) =>
      tf.mean(
        tf.add(
          crossEntropy(logits, labels),
          tf.mul(tf.mul(weights, 2.25 * 16), softCrossEntropy(logits, softLabels, 4)),
        ),
      )
  },
})

const batch = (studentLogits?: tf.Tensor2D): ReturnType<typeof methodBatch> =>
  methodBatch(
    {
      studentLogits: [[0.5, 1.5, 0.2, -0.3]],
      teacherLogits: [[[2, 1, 0, -1]]],
      labels: [1],
    },
    studentLogits,
  )

describe('weightedSoftLabels', () => {
  // Weight 1 - exp(-0.590954 / 1.440190) = 0.336569. Soft cross-entropy at temperature 2 is 1.357974, at 4 1.374736:
  // 4 * 0.336569 * 1.357974 = 1.828209 and 16 * 0.336569 * 1.374736 = 7.403100.
  it.each([
    [2, 1.828209],
    [4, 7.4031],
  ])('gives the soft term worked out by hand at temperature %d', (temperature, softTerm) => {
    const { parts, total } = lossesOf(weightedSoftLabels({ temperature, softLossWeight: 1 }), batch())
    expectAllClose(parts['teacher']!, [softTerm])
    expectAllClose(parts['label']!, [0.590954])
    expectAllClose(total, softTerm + 0.590954)
  })

  it("has the authors' settings as presets, CIFAR's by default", () => {
    const { cifar, imagenet } = weightedSoftLabelsPresets
    expect(cifar).toEqual({ temperature: 4, softLossWeight: 2.25 })
    expectAllClose(
      lossesOf(weightedSoftLabels(cifar), batch()).total,
      lossesOf(weightedSoftLabels(), batch()).total,
    )
    expectAllClose(lossesOf(weightedSoftLabels(imagenet), batch()).parts['teacher']!, [2.5 * 1.828209])
  })

  it('has the gradient of the weighted divergence, whose value is smaller', () => {
    const { studentLogits, teacherLogits, labels } = batch()
    const method = weightedSoftLabels({ temperature: 2, softLossWeight: 1, hardLossWeight: 0 })
    const weights = softLabelWeights(studentLogits, teacherLogits[0]!, labels)
    const divergence = (logits: tf.Tensor2D): tf.Tensor =>
      tf.sum(tf.mul(tf.mul(4, weights), klDivergence(teacherLogits[0]!, logits, 2)))
    expectAllClose(
      gradientOf((logits: tf.Tensor2D) => lossesOf(method, batch(logits)).total, studentLogits),
      gradientOf(divergence, studentLogits),
    )
    // KL at temperature 2 is 0.112924.
    expectAllClose(divergence(studentLogits), 4 * 0.336569 * 0.112924)
  })

  it('smooths the labels of the label term, not of the weight', () => {
    const { parts } = lossesOf(
      weightedSoftLabels({ temperature: 2, softLossWeight: 1, labelSmoothing: 0.1 }),
      batch(),
    )
    expectAllClose(parts['teacher']!, [1.828209])
    // -log softmax of the student is [1.590954, 0.590954, 1.890954, 2.390954]: 0.9 * 0.590954 + 0.1 * their mean.
    expectAllClose(parts['label']!, [
      0.9 * 0.590954 + 0.1 * ((1.590954 + 0.590954 + 1.890954 + 2.390954) / 4),
    ])
  })

  it('says which weight each example has, at the epsilon of its loss', async () => {
    const step = batch()
    const weightAt = async (options: WeightedSoftLabelsOptions): Promise<number[]> => {
      const method = weightedSoftLabels(options)
      expect(method.needs.exampleOutputs).toBe(true)
      const { running } = startMethod(method, step)
      expect(await running.examples!(step.ids)).toEqual({})
      const { softLabelWeight, ...others } = await running.examples!(step.ids, step)
      expect(others).toEqual({})
      return [...softLabelWeight!]
    }
    // 1 - exp(-0.590954 / 1.440190), and with an epsilon of 1 the teacher's loss is 2.440190: 1 - exp(-0.242175).
    expectAllClose(await weightAt({ temperature: 2 }), [0.336569])
    expectAllClose(await weightAt({ epsilon: 1 }), [0.215082])
    await expectNoLeak(() => weightAt({}))
  })

  it('refuses options out of range', () => {
    expect(() => weightedSoftLabels({ temperature: 0 })).toThrow(
      'weightedSoftLabels: temperature must be > 0, got 0',
    )
    expect(() => weightedSoftLabels({ softLossWeight: -1 })).toThrow('softLossWeight must be >= 0')
    expect(() => weightedSoftLabels({ hardLossWeight: -1 })).toThrow('hardLossWeight')
    expect(() => weightedSoftLabels({ labelSmoothing: 1.1 })).toThrow('labelSmoothing must be <= 1, got 1.1')
    expect(() => weightedSoftLabels({ epsilon: 0 })).toThrow('epsilon must be > 0, got 0')
  })
})
