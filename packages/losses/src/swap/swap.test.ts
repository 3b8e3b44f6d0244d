import * as tf from '@tensorflow/tfjs-core'
import { klDivergence } from '@kd/core'
import { describeMethodConformance, expectAllClose, lossesOf, methodBatch } from '@kd/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from './swap.golden.json' with { type: 'json' }
import { swap, swapLogits } from './swap.js'

describeMethodConformance(swap, { golden })

const labelOf = (...labels: number[]): tf.Tensor1D => tf.tensor1d(labels, 'int32')

describe('swap', () => {
  it('follows the teacher whose label and best class have changed places', () => {
    const batch = methodBatch({
      studentLogits: [[0, 0, 0]],
      teacherLogits: [[[4, 3, 1].map(Math.log)]],
      labels: [1],
    })
    // The teacher says 4/8, 3/8, 1/8 and prefers class 0; swapped 3/8, 4/8, 1/8 against 1/3 each:
    // 0.375 log 1.125 + 0.5 log 1.5 + 0.125 log 0.375 = 0.0441686 + 0.2027326 - 0.1226036 = 0.1242975
    // CE = log 3 = 1.0986123
    const { parts, total } = lossesOf(swap({ temperature: 1, softLossWeight: 2, hardLossWeight: 0.5 }), batch)
    expectAllClose(parts['teacher']!, [2 * 0.1242975])
    expectAllClose(parts['label']!, [0.5 * 1.0986123])
    expectAllClose(total, 2 * 0.1242975 + 0.5 * 1.0986123)
  })

  it('is vanilla distillation from a teacher who is right', () => {
    const logits = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(logits, logits, (teacher, student) => {
        const batch = methodBatch({
          studentLogits: [student],
          teacherLogits: [[teacher]],
          labels: [teacher.map(Math.fround).indexOf(Math.fround(Math.max(...teacher)))],
        })
        const vanilla = klDivergence(batch.teacherLogits[0]!, batch.studentLogits, 4)
        expectAllClose(lossesOf(swap(), batch).total, tf.mul(16, tf.mean(vanilla)))
      }),
      { seed: 1 },
    )
  })

  it('refuses options out of range', () => {
    expect(() => swap({ temperature: 0 })).toThrow('swap: temperature must be > 0, got 0')
    expect(() => swap({ softLossWeight: -1 })).toThrow('swap: softLossWeight must be >= 0, got -1')
    expect(() => swap({ hardLossWeight: Infinity })).toThrow('swap: hardLossWeight')
  })
})

describe('swapLogits', () => {
  it('exchanges the largest logit and the label, exactly', () => {
    const logits = tf.tensor2d([
      [1e4, -1.234, 5],
      [1, 2, 3],
      [2, 2, 0],
    ])
    const expected = tf.tensor2d([
      [-1.234, 1e4, 5],
      [1, 2, 3],
      [2, 2, 0],
    ])
    expectAllClose(swapLogits(logits, labelOf(1, 2, 1)), expected, { absolute: 0, relative: 0 })
  })

  it('keeps the numbers of a row and makes the label the best class', () => {
    const logits = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(logits, fc.nat(5), (row, label) => {
        const [swapped] = swapLogits(tf.tensor2d([row]), labelOf(label)).arraySync()
        expect(swapped!.toSorted()).toEqual(row.toSorted())
        expect(swapped![label]).toBe(Math.max(...row))
        expect(swapLogits(tf.tensor2d([swapped!]), labelOf(label)).arraySync()).toEqual([swapped])
      }),
      { seed: 1 },
    )
  })

  it('names itself and the argument of a wrong call', () => {
    expect(() => swapLogits(tf.zeros<tf.Rank.R2>([2, 3]), labelOf(0))).toThrow(
      'swapLogits: labels must have shape [2]',
    )
    expect(() => swapLogits(tf.zeros<tf.Rank.R2>([2, 1]), labelOf(0, 0))).toThrow('swapLogits: logits must')
  })
})
