import * as tf from '@tensorflow/tfjs-core'
import { describeMethodConformance, expectAllClose, lossesOf, methodBatch } from '@kd/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from './multi-level-logit.golden.json' with { type: 'json' }
import { multiLevelLogit } from './multi-level-logit.js'

describeMethodConformance(multiLevelLogit, { golden })

describe('multiLevelLogit', () => {
  const byHand = {
    studentLogits: [[Math.log(3), 0]],
    teacherLogits: [[[0, 0]]],
    labels: [0],
  }

  it('compares predictions, classes and examples', () => {
    // Teacher [1/2, 1/2], student [3/4, 1/4]: KL = 0.5 log (2/3) + 0.5 log 2 = 0.1438410
    // Classes: P^T P is 0.25 everywhere, Q^T Q = [[0.5625, 0.1875], [0.1875, 0.0625]]; the squared differences
    // 0.0976563 + 2 * 0.0039063 + 0.0351563 = 0.1406250, over two classes 0.0703125
    // Examples: P P^T = 0.5, Q Q^T = 0.625: 0.125^2 = 0.015625
    const { parts } = lossesOf(
      multiLevelLogit({
        temperatures: [1],
        instanceWeight: 2,
        classWeight: 3,
        batchWeight: 4,
        hardLossWeight: 0.5,
      }),
      methodBatch(byHand),
    )
    expectAllClose(parts['label']!, [0.5 * Math.log(4 / 3)])
    expectAllClose(parts['instance']!, [2 * 0.143841])
    expectAllClose(parts['classCorrelation']!, [3 * 0.0703125])
    expectAllClose(parts['batchCorrelation']!, [4 * 0.015625])
  })

  it('adds up temperatures, the divergence times their square', () => {
    const totalOf = (temperatures: number[]): tf.Scalar =>
      lossesOf(multiLevelLogit({ temperatures, hardLossWeight: 0 }), methodBatch(byHand)).total
    expectAllClose(totalOf([1, 4]), tf.add(totalOf([1]), totalOf([4])))
  })

  it('is zero for a student equal to its teacher, and never negative', () => {
    const logits = fc.array(
      fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 3, maxLength: 3 }),
      { minLength: 4, maxLength: 4 },
    )
    const method = multiLevelLogit({ hardLossWeight: 0 })
    fc.assert(
      fc.property(logits, logits, (teacher, student) => {
        const losses = (rows: number[][]): number[] => {
          const batch = methodBatch({ studentLogits: rows, teacherLogits: [teacher], labels: [0, 1, 2, 0] })
          return Object.values(lossesOf(method, batch).parts).flatMap((part) => part.arraySync())
        }
        expect(Math.min(...losses(student))).toBeGreaterThanOrEqual(0)
        expect(Math.max(...losses(teacher))).toBeLessThan(1e-6)
      }),
      { seed: 1, numRuns: 40 },
    )
  })

  it('refuses options out of range', () => {
    expect(() => multiLevelLogit({ temperatures: [] })).toThrow(
      'multiLevelLogit: temperatures must have at least 1 entries, got []',
    )
    expect(() => multiLevelLogit({ temperatures: [4, 0] })).toThrow(
      'multiLevelLogit: temperatures[1] must be > 0, got 0',
    )
    for (const option of ['instanceWeight', 'classWeight', 'batchWeight', 'hardLossWeight']) {
      expect(() => multiLevelLogit({ [option]: -1 })).toThrow(`multiLevelLogit: ${option} must be >= 0`)
    }
  })
})
