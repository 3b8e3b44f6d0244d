import { softmaxWithTemperature } from '@kd/core'
import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reviseSoftLabels } from './revise-soft-labels.js'
import { reviseTeacherLogits } from './revise-teacher-logits.js'

// Quarters: equal logits stay equal as probabilities, and different ones different.
const logits = fc.array(
  fc.integer({ min: -80, max: 80 }).map((quarters) => quarters / 4),
  { minLength: 4, maxLength: 4 },
)
const label = (index: number): tf.Tensor1D => tf.tensor1d([index], 'int32')

describe('reviseTeacherLogits', () => {
  it('raises the logit of the label, as worked out by hand', () => {
    // 2 + log((1 + 0.2 (1 + e^-2 + e^-3)) / 0.8) = 2.435853; softmax of it is the revised label of the reference.
    const revised = reviseTeacherLogits(tf.tensor2d([[2, 1, 0, -1]]), label(1), { temperature: 1 })
    expectAllClose(revised, [[2, 2.435853, 0, -1]])
    expectAllClose(tf.softmax(revised), [[0.366112, 0.566112, 0.049548, 0.018228]])
  })

  it('has the revised soft label as its softmax, at any temperature and in both scopes', () => {
    const scopes = fc.constantFrom('wrong-only' as const, 'all' as const)
    const etas = fc.double({ min: 0.01, max: 0.99, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(logits, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(1, 2, 4, 20),
        etas,
        scopes,
        (rows, temperature, eta, scope) => {
          const teacherLogits = tf.tensor2d(rows)
          const labels = tf.tensor1d(
            rows.map((_, row) => row % 4),
            'int32',
          )
          expectAllClose(
            softmaxWithTemperature(
              reviseTeacherLogits(teacherLogits, labels, { eta, scope, temperature }),
              temperature,
            ),
            reviseSoftLabels(softmaxWithTemperature(teacherLogits, temperature), labels, { eta, scope }),
            { absolute: 5e-6 },
          )
        },
      ),
      { seed: 1 },
    )
  })

  it('lets the label win at any other temperature too', () => {
    fc.assert(
      fc.property(logits, fc.constantFrom(1, 4), fc.nat({ max: 3 }), (row, temperature, index) => {
        const [revised] = reviseTeacherLogits(tf.tensor2d([row]), label(index), { temperature }).arraySync()
        expect(revised!.indexOf(Math.max(...revised!))).toBe(index)
      }),
      { seed: 1 },
    )
  })

  it('is exact for logits of 1e4', () => {
    // The rest is 1 exactly: log((1 + 0.2) / 0.8) above the largest.
    expectAllClose(
      reviseTeacherLogits(tf.tensor2d([[1e4, -1e4, 0]]), label(1), { temperature: 1 }),
      [[1e4, 1e4 + Math.log(1.5), 0]],
      { relative: 1e-7 },
    )
  })

  it('leaves nothing behind and names what is wrong', async () => {
    const teacherLogits = tf.tensor2d([[1, 2]])
    const labels = label(0)
    await expectNoLeak(() => reviseTeacherLogits(teacherLogits, labels))
    expect(() => reviseTeacherLogits(teacherLogits, labels, { temperature: 0 })).toThrow(
      'reviseTeacherLogits: temperature must be > 0, got 0',
    )
    expect(() => reviseTeacherLogits(teacherLogits, labels, { eta: 0 })).toThrow(
      'reviseTeacherLogits: eta must be > 0, got 0',
    )
    expect(() => reviseTeacherLogits(teacherLogits, label(-1))).toThrow('labels must be in [0, 1], got -1')
  })
})
