import * as tf from '@tensorflow/tfjs-core'
import { describeMethodConformance, expectAllClose, gradientOf, lossesOf, methodBatch } from '@kd/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from './refined-logits.golden.json' with { type: 'json' }
import { refinedLogits } from './refined-logits.js'

describeMethodConformance(refinedLogits, { golden, epoch: 20 })

describe('refinedLogits', () => {
  const byHand = {
    studentLogits: [[0.25, 0.25, 0.375, 0.125].map(Math.log)],
    teacherLogits: [[[0.5, 0.25, 0.125, 0.125].map(Math.log)]],
    labels: [1],
  }
  const unweighted = {
    temperature: 1,
    sampleConfidenceWeight: 1,
    maskedCorrelationWeight: 1,
    warmupEpochs: 0,
  }

  it("gives the label the teacher's confidence, and follows it below the label", () => {
    // Confidence: the teacher's best class has 1/2, the student's label 1/4: 0.5 log 2 + 0.5 log (2/3) = 0.1438410
    // Below the label are classes 2 and 3: [1/2, 1/2] against [3/4, 1/4]: 0.5 log (2/3) + 0.5 log 2 = 0.1438410
    const { parts } = lossesOf(
      refinedLogits({
        ...unweighted,
        sampleConfidenceWeight: 2,
        maskedCorrelationWeight: 3,
        hardLossWeight: 0.5,
      }),
      methodBatch(byHand),
    )
    expectAllClose(parts['label']!, [0.5 * Math.log(4)])
    expectAllClose(parts['sampleConfidence']!, [2 * 0.143841])
    expectAllClose(parts['maskedCorrelation']!, [3 * 0.143841])
  })

  it('grows to its weights over the warm-up', () => {
    const at = (epoch: number): tf.Tensor => {
      const { parts } = lossesOf(refinedLogits({ warmupEpochs: 4 }), methodBatch({ ...byHand, epoch }))
      return tf.stack([parts['sampleConfidence']!, parts['maskedCorrelation']!])
    }
    expectAllClose(at(0), tf.mul(0.25, at(3)))
    expectAllClose(at(50), at(3))
  })

  it('pays no heed to classes that the teacher prefers to the label, nor to the label, in the correlation', () => {
    const logits = fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(logits, logits, fc.nat(4), (teacher, student, label) => {
        const [teacherLogits, studentLogits] = [teacher, student].map((row) => row.map((z) => z / 10))
        const numbers = {
          studentLogits: [studentLogits!],
          teacherLogits: [[teacherLogits!]],
          labels: [label],
        }
        const method = refinedLogits({ ...unweighted, sampleConfidenceWeight: 0, hardLossWeight: 0 })
        const [gradient] = gradientOf(
          (z: tf.Tensor2D) => lossesOf(method, methodBatch(numbers, z)).total,
          tf.tensor2d([studentLogits!]),
        ).arraySync()
        const heeded = teacher.map((z) => z < teacher[label]!)
        gradient!.forEach((slope, index) => {
          if (!heeded[index]) expect(slope).toBe(0)
        })
        if (heeded.filter(Boolean).length < 2) {
          expectAllClose(lossesOf(method, methodBatch(numbers)).total, 0)
        }
      }),
      { seed: 1 },
    )
  })

  it('is least for a student as sure of the label as the teacher of its choice', () => {
    const numbers = { ...byHand, studentLogits: [[0.25, 0.5, 0.125, 0.125].map(Math.log)] }
    const method = refinedLogits({ ...unweighted, hardLossWeight: 0 })
    expectAllClose(lossesOf(method, methodBatch(numbers)).total, 0)
    const gradient = gradientOf(
      (z: tf.Tensor2D) => lossesOf(method, methodBatch(numbers, z)).total,
      tf.tensor2d(numbers.studentLogits),
    )
    expectAllClose(gradient, [[0, 0, 0, 0]])
  })

  it('refuses options out of range', () => {
    expect(() => refinedLogits({ temperature: 0 })).toThrow('refinedLogits: temperature must be > 0, got 0')
    expect(() => refinedLogits({ confidenceTemperature: -2 })).toThrow('confidenceTemperature')
    for (const option of [
      'sampleConfidenceWeight',
      'maskedCorrelationWeight',
      'hardLossWeight',
      'warmupEpochs',
    ]) {
      expect(() => refinedLogits({ [option]: -1 })).toThrow(`refinedLogits: ${option} must be >= 0`)
    }
  })
})
