import * as tf from '@tensorflow/tfjs-core'
import { describeMethodConformance, expectAllClose, gradientOf, lossesOf, methodBatch } from '@kd/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from './dist-kd.golden.json' with { type: 'json' }
import { distKd } from './dist-kd.js'

describeMethodConformance(distKd, { golden })

describe('distKd', () => {
  it('correlates classes within an example, and examples within a class', () => {
    const batch = methodBatch({
      studentLogits: [
        [0.6, 0.3, 0.1],
        [0.1, 0.3, 0.6],
      ].map((row) => row.map(Math.log)),
      teacherLogits: [
        [
          [0.5, 0.3, 0.2],
          [0.2, 0.3, 0.5],
        ].map((row) => row.map(Math.log)),
      ],
      labels: [0, 2],
    })
    // Both examples alike: with deviations from 1/3, <t, s> = 0.0766667, |t|^2 = 0.0466667, |s|^2 = 0.1266667,
    // r = 0.0766667 / sqrt(0.0466667 * 0.1266667) = 0.9971765
    // Classes 0 and 2: two examples that differ the same way, r = 1. Class 1: no difference, r = 0. Mean 2/3.
    const { parts } = lossesOf(
      distKd({ interClassWeight: 2, intraClassWeight: 3, hardLossWeight: 0.5 }),
      batch,
    )
    expectAllClose(parts['label']!, [0.5 * -Math.log(0.6), 0.5 * -Math.log(0.6)])
    expectAllClose(parts['interClass']!, [2 * 0.0028235, 2 * 0.0028235], { absolute: 1e-6 })
    expectAllClose(parts['intraClass']!, [1, 1])
  })

  it('is zero for a student equal to its teacher, and each term within [0, 2]', () => {
    const logits = fc.array(
      fc
        .uniqueArray(fc.integer({ min: -30, max: 30 }), { minLength: 4, maxLength: 4 })
        .map((row) => row.map((z) => z / 10)),
      { minLength: 3, maxLength: 3 },
    )
    // Among equal examples there would be nothing to correlate.
    const varies = (rows: readonly number[][]): boolean =>
      rows[0]!.every((_, index) => {
        const column = rows.map((row) => row[index]!)
        return Math.max(...column) - Math.min(...column) > 0.5
      })
    const method = distKd({ hardLossWeight: 0 })
    fc.assert(
      fc.property(logits, logits, (teacher, student) => {
        const parts = (rows: number[][]): tf.Tensor => {
          const batch = methodBatch({ studentLogits: rows, teacherLogits: [teacher], labels: [0, 1, 2] })
          const { interClass, intraClass } = lossesOf(method, batch).parts
          return tf.concat([interClass!, intraClass!])
        }
        for (const value of parts(student).dataSync()) {
          expect(value).toBeGreaterThan(-1e-5)
          expect(value).toBeLessThan(2 + 1e-5)
        }
        fc.pre(varies(teacher))
        expectAllClose(parts(teacher), tf.zeros([6]), { absolute: 1e-3 })
      }),
      { seed: 1 },
    )
  })

  it('has nothing to correlate over a batch of one', () => {
    const numbers = { studentLogits: [[0.2, -1, 0.5]], teacherLogits: [[[1, 0, 2]]], labels: [2] }
    const method = distKd({ interClassWeight: 0, hardLossWeight: 0 })
    expectAllClose(lossesOf(method, methodBatch(numbers)).parts['intraClass']!, [1])
    const gradient = gradientOf(
      (z: tf.Tensor2D) => lossesOf(method, methodBatch(numbers, z)).total,
      tf.tensor2d(numbers.studentLogits),
    )
    expectAllClose(gradient, [[0, 0, 0]])
  })

  it('knows only agreement or its contrary between two classes', () => {
    const batch = methodBatch({
      studentLogits: [
        [2, 1],
        [2, 1],
      ],
      teacherLogits: [
        [
          [1, 0],
          [0, 1],
        ],
      ],
      labels: [0, 1],
    })
    expectAllClose(lossesOf(distKd(), batch).parts['interClass']!, [0, 2])
  })

  it('refuses options out of range', () => {
    expect(() => distKd({ temperature: 0 })).toThrow('distKd: temperature must be > 0, got 0')
    for (const option of ['interClassWeight', 'intraClassWeight', 'hardLossWeight']) {
      expect(() => distKd({ [option]: -1 })).toThrow(`distKd: ${option} must be >= 0, got -1`)
    }
  })
})
