import * as tf from '@tensorflow/tfjs-core'
import { describeMethodConformance, expectAllClose, gradientOf, lossesOf, methodBatch } from '@kd/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from './normalized-kd.golden.json' with { type: 'json' }
import { normalizedKd } from './normalized-kd.js'

describeMethodConformance(normalizedKd, { golden })

describe('normalizedKd', () => {
  it("weighs the label by the teacher's confidence, and the other classes among themselves", () => {
    const batch = methodBatch({
      studentLogits: [[0.25, 0.5, 0.25].map(Math.log)],
      teacherLogits: [[[0.5, 0.25, 0.25].map(Math.log)]],
      labels: [0],
    })
    // Target: -0.5 log 0.25 = 0.6931472
    // The others: [1/2, 1/2] against [2/3, 1/3]: -0.5 log (2/3) - 0.5 log (1/3) = 0.7520387
    const { parts } = lossesOf(
      normalizedKd({ targetWeight: 2, nonTargetWeight: 3, hardLossWeight: 0.5 }),
      batch,
    )
    expectAllClose(parts['label']!, [0.5 * Math.log(4)])
    expectAllClose(parts['target']!, [2 * 0.6931472])
    expectAllClose(parts['nonTarget']!, [3 * 0.7520387])
  })

  it('is nowhere smaller among the other classes than at the teacher', () => {
    const logits = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 4, maxLength: 4 })
    const method = normalizedKd({ temperature: 3, targetWeight: 0, hardLossWeight: 0 })
    fc.assert(
      fc.property(logits, logits, fc.nat(3), (teacher, student, label) => {
        const lossAt = (row: number[]): number =>
          lossesOf(
            method,
            methodBatch({ studentLogits: [row], teacherLogits: [[teacher]], labels: [label] }),
          ).total.dataSync()[0]!
        expect(lossAt(student)).toBeGreaterThan(lossAt(teacher) - 1e-5)
        // The label's own logit has no part in it.
        expectAllClose(lossAt(student.with(label, 50)), lossAt(student))
      }),
      { seed: 1 },
    )
  })

  it('gives the label no gradient from the others, for logits of any size', () => {
    const method = normalizedKd({ targetWeight: 0, hardLossWeight: 0, nonTargetWeight: 1 })
    const numbers = { studentLogits: [[1e4, 0, 0]], teacherLogits: [[[1e4, Math.log(3), 0]]], labels: [0] }
    const gradient = gradientOf(
      (z: tf.Tensor2D) => lossesOf(method, methodBatch(numbers, z)).total,
      tf.tensor2d([[1e4, 0, 0]]),
    )
    expectAllClose(gradient, [[0, -0.25, 0.25]])
  })

  it('has no non-target term with two classes', () => {
    const batch = methodBatch({ studentLogits: [[3, -1]], teacherLogits: [[[0, 2]]], labels: [0] })
    expectAllClose(lossesOf(normalizedKd(), batch).parts['nonTarget']!, [0])
  })

  it('refuses options out of range', () => {
    expect(() => normalizedKd({ temperature: Number.NaN })).toThrow(
      'normalizedKd: temperature must be a number, got NaN',
    )
    for (const option of ['targetWeight', 'nonTargetWeight', 'hardLossWeight']) {
      expect(() => normalizedKd({ [option]: -1 })).toThrow(`normalizedKd: ${option} must be >= 0`)
    }
  })
})
