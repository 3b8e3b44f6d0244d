import { describeMethodConformance, expectAllClose, lossesOf, methodBatch } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './vanilla-kd.golden.json' with { type: 'json' }
import { vanillaKd } from './vanilla-kd.js'

describeMethodConformance(vanillaKd, { golden })

describe('vanillaKd', () => {
  it('adds the weighted label and teacher losses', () => {
    const batch = methodBatch({
      studentLogits: [[0.5, 1.5, 0.2, -0.3]],
      teacherLogits: [[[2, 1, 0, -1]]],
      labels: [1],
    })
    // CE = 0.590954 and KL at temperature 2 = 0.112924, from the reference.
    const { parts, total } = lossesOf(
      vanillaKd({ temperature: 2, softLossWeight: 0.5, hardLossWeight: 2 }),
      batch,
    )
    expectAllClose(parts['label']!, [2 * 0.590954])
    expectAllClose(parts['teacher']!, [0.5 * 4 * 0.112924], { absolute: 2e-6 })
    expectAllClose(total, 2 * 0.590954 + 0.5 * 4 * 0.112924, { absolute: 3e-6 })
  })

  it('is zero for a student equal to its teacher when the label has no weight', () => {
    const logits = [[1, 2, 3]]
    const batch = methodBatch({ studentLogits: logits, teacherLogits: [logits], labels: [0] })
    expectAllClose(lossesOf(vanillaKd({ hardLossWeight: 0 }), batch).total, 0)
  })

  it('refuses options out of range', () => {
    expect(() => vanillaKd({ temperature: -1 })).toThrow('vanillaKd: temperature must be > 0, got -1')
    expect(() => vanillaKd({ softLossWeight: -1 })).toThrow('vanillaKd: softLossWeight must be >= 0, got -1')
    expect(() => vanillaKd({ hardLossWeight: Number.NaN })).toThrow('hardLossWeight')
  })
})
