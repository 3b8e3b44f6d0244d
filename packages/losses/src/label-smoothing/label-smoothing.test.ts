import { describeMethodConformance, expectAllClose, gradientOf, lossesOf, methodBatch } from '@kd/testing'
import type * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import golden from './label-smoothing.golden.json' with { type: 'json' }
import { labelSmoothing, type LabelSmoothingOptions } from './label-smoothing.js'

// TypeScript gives an option that only some cases have the type undefined in the others.
describeMethodConformance<LabelSmoothingOptions>(labelSmoothing, {
  golden: golden,
  teachers: 0,
})

const batch = (studentLogits: number[][], labels: number[]): ReturnType<typeof methodBatch> =>
  methodBatch({ studentLogits, teacherLogits: [], labels })

describe('labelSmoothing', () => {
  it('mixes the label with all classes', () => {
    // -log softmax([log 4, 0, 0]) is [log 1.5, log 6, log 6]; targets are [0.8, 0.1, 0.1].
    const { total } = lossesOf(labelSmoothing({ smoothing: 0.3 }), batch([[Math.log(4), 0, 0]], [0]))
    expectAllClose(total, 0.8 * Math.log(1.5) + 0.2 * Math.log(6))
  })

  it('is least where the student predicts the smoothed label', () => {
    const logits = [[0.9 + 0.1 / 4, 0.1 / 4, 0.1 / 4, 0.1 / 4].map(Math.log)]
    const { studentLogits } = batch(logits, [0])
    const loss = (at: tf.Tensor2D): tf.Scalar =>
      lossesOf(labelSmoothing(), { ...batch(logits, [0]), studentLogits: at }).total
    expectAllClose(gradientOf(loss, studentLogits), [[0, 0, 0, 0]])
  })

  it('refuses a label or an amount out of range', () => {
    expect(() => lossesOf(labelSmoothing(), batch([[1, 2]], [2]))).toThrow('labels must be in [0, 1], got 2')
    expect(() => labelSmoothing({ smoothing: 1.1 })).toThrow(
      'labelSmoothing: smoothing must be <= 1, got 1.1',
    )
    expect(() => labelSmoothing({ smoothing: -0.1 })).toThrow(
      'labelSmoothing: smoothing must be >= 0, got -0.1',
    )
  })
})
