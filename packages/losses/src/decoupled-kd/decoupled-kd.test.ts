import * as tf from '@tensorflow/tfjs-core'
import { crossEntropy, klDivergence } from '@kd/core'
import { describeMethodConformance, expectAllClose, gradientOf, lossesOf, methodBatch } from '@kd/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from './decoupled-kd.golden.json' with { type: 'json' }
import { decoupledKd } from './decoupled-kd.js'

describeMethodConformance(decoupledKd, { golden, epoch: 20 })

describe('decoupledKd', () => {
  const byHand = {
    studentLogits: [[0.25, 0.5, 0.25].map(Math.log)],
    teacherLogits: [[[0.5, 0.25, 0.25].map(Math.log)]],
    labels: [0],
  }

  it('weighs the doubt of the label and the opinion of the others apart', () => {
    // Label or not: [0.5, 0.5] against [0.25, 0.75]: 0.5 log 2 + 0.5 log (2/3) = 0.1438410
    // The others: [1/2, 1/2] against [2/3, 1/3]: 0.5 log (3/4) + 0.5 log (3/2) = 0.0588915
    const { parts } = lossesOf(
      decoupledKd({
        temperature: 1,
        targetClassWeight: 2,
        nonTargetClassWeight: 3,
        hardLossWeight: 0.5,
        warmupEpochs: 0,
      }),
      methodBatch(byHand),
    )
    expectAllClose(parts['label']!, [0.5 * Math.log(4)])
    expectAllClose(parts['targetClass']!, [2 * 0.143841])
    expectAllClose(parts['nonTargetClass']!, [3 * 0.0588915])
  })

  it('grows to its weight over the warm-up, the first epoch with one step of it', () => {
    const at = (epoch: number): tf.Tensor =>
      lossesOf(decoupledKd({ warmupEpochs: 4 }), methodBatch({ ...byHand, epoch })).parts['targetClass']!
    const full = at(3)
    expectAllClose(at(0), tf.mul(0.25, full))
    expectAllClose(at(1), tf.mul(0.5, full))
    expectAllClose(at(50), full)
  })

  it('contains plain distillation: targetClass + (1 - p_c) nonTargetClass', () => {
    const logits = fc.array(fc.double({ min: -12, max: 12, noNaN: true }), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(logits, logits, fc.nat(3), (teacher, student, label) => {
        const batch = methodBatch({ studentLogits: [student], teacherLogits: [[teacher]], labels: [label] })
        const teacherLogits = batch.teacherLogits[0]!
        const { parts } = lossesOf(
          decoupledKd({ temperature: 1, nonTargetClassWeight: 1, warmupEpochs: 0 }),
          batch,
        )
        const doubt = tf.sub(1, tf.exp(tf.neg(crossEntropy(teacherLogits, batch.labels))))
        expectAllClose(
          tf.add(parts['targetClass']!, tf.mul(doubt, parts['nonTargetClass']!)),
          klDivergence(teacherLogits, batch.studentLogits),
          { absolute: 1e-5 },
        )
      }),
      { seed: 1 },
    )
  })

  it('has no second term with two classes', () => {
    const batch = methodBatch({ studentLogits: [[3, -1]], teacherLogits: [[[0, 2]]], labels: [0], epoch: 20 })
    expectAllClose(lossesOf(decoupledKd(), batch).parts['nonTargetClass']!, [0])
  })

  it('hides a label however far it leads, where subtracting 1000 would not', () => {
    const method = decoupledKd({ temperature: 1, targetClassWeight: 0, hardLossWeight: 0, warmupEpochs: 0 })
    const numbers = { studentLogits: [[1e4, 0, 0]], teacherLogits: [[[1e4, Math.log(3), 0]]], labels: [0] }
    // 8 times the divergence of [3/4, 1/4] from [1/2, 1/2] = 0.75 log 1.5 + 0.25 log 0.5 = 0.1308120
    expectAllClose(lossesOf(method, methodBatch(numbers)).total, 8 * 0.130812)
    const gradient = gradientOf(
      (z: tf.Tensor2D) => lossesOf(method, methodBatch(numbers, z)).total,
      tf.tensor2d([[1e4, 0, 0]]),
    )
    expectAllClose(gradient, [[0, -2, 2]])
  })

  it('refuses options out of range', () => {
    expect(() => decoupledKd({ temperature: 0 })).toThrow('decoupledKd: temperature must be > 0, got 0')
    for (const option of ['targetClassWeight', 'nonTargetClassWeight', 'hardLossWeight', 'warmupEpochs']) {
      expect(() => decoupledKd({ [option]: -1 })).toThrow(`decoupledKd: ${option} must be >= 0`)
    }
  })
})
