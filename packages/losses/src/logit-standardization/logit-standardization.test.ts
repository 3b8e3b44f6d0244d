import { describeMethodConformance, expectAllClose, lossesOf, methodBatch } from '@kd/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from './logit-standardization.golden.json' with { type: 'json' }
import { logitStandardization } from './logit-standardization.js'

describeMethodConformance(logitStandardization, { golden })

describe('logitStandardization', () => {
  it('compares logits in units of their own deviation', () => {
    const batch = methodBatch({ studentLogits: [[0, 3, 3]], teacherLogits: [[[10, 20, 30]]], labels: [1] })
    // Standardized: teacher [-1, 0, 1], student [-1.154701, 0.577350, 0.577350].
    // p = [0.090031, 0.244728, 0.665241], log p = [-2.407606, -1.407606, -0.407606],
    // log q = [-2.509961, -0.777911, -0.777911]:
    // 0.090031 * 0.102355 - 0.244728 * 0.629695 + 0.665241 * 0.370305 = 0.101453
    // CE = log(1 + 1 + e^-3) = 0.717734
    const { parts } = lossesOf(
      logitStandardization({ temperature: 1, softLossWeight: 2, hardLossWeight: 0.5 }),
      batch,
    )
    expectAllClose(parts['teacher']!, [2 * 0.101453], { absolute: 2e-6 })
    expectAllClose(parts['label']!, [0.5 * 0.717734])
  })

  it("does not ask the student for the teacher's scale", () => {
    const logits = fc.array(fc.integer({ min: -90, max: 90 }), { minLength: 4, maxLength: 4 })
    const method = logitStandardization({ hardLossWeight: 0 })
    fc.assert(
      fc.property(logits, logits, fc.integer({ min: 1, max: 30 }), (teacher, student, scale) => {
        fc.pre(new Set(teacher).size > 1 && new Set(student).size > 1)
        const lossOf = (row: number[]): number =>
          lossesOf(
            method,
            methodBatch({ studentLogits: [row], teacherLogits: [[teacher]], labels: [0] }),
          ).total.dataSync()[0]!
        expectAllClose(lossOf(student.map((z) => (z * scale) / 10)), lossOf(student), { absolute: 1e-4 })
        expectAllClose(lossOf(teacher.map((z) => (z * scale) / 10)), 0, { absolute: 1e-4 })
      }),
      { seed: 1 },
    )
  })

  it('refuses options out of range', () => {
    expect(() => logitStandardization({ temperature: 0 })).toThrow(
      'logitStandardization: temperature must be > 0, got 0',
    )
    expect(() => logitStandardization({ softLossWeight: -1 })).toThrow('logitStandardization: softLossWeight')
    expect(() => logitStandardization({ hardLossWeight: -1 })).toThrow('logitStandardization: hardLossWeight')
  })
})
