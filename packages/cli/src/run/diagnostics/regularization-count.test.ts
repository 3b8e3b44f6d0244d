import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { regularizationCount } from './regularization-count.js'

describe('regularizationCount', () => {
  it('counts by hand', () => {
    // Student 1/2, 1/2, label 0: A = (-1/2, 1/2), a = 1/2. At temperature 1, B = p_s - p_t - A = y - p_t = (1 - p_t, -p_t'):
    // teacher 1/4 on the label: b = 3/4 > a; teacher 3/4 on the label: b = 1/4 < a.
    const student = [0, 0, 0, 0]
    const teacher = [0, Math.log(3), Math.log(3), 0]
    const found = regularizationCount({ student, teacher, labels: [0, 0] }, { temperature: 1, teacher: 1 })
    expect(found).toEqual({ teacher: 1, temperature: 1, atLabel: 1, overall: 1, examples: 2 })
  })

  it('at temperature 1 asks how far teacher and student are from the label', () => {
    const logits = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(logits, logits, fc.integer({ min: 0, max: 2 }), (student, teacher, label) => {
        const probability = (row: number[]): number =>
          Math.exp(row[label]!) / row.reduce((sum, value) => sum + Math.exp(value), 0)
        fc.pre(Math.abs(probability(student) - probability(teacher)) > 1e-9)
        const { atLabel } = regularizationCount(
          { student, teacher, labels: [label] },
          { temperature: 1, teacher: 1 },
        )
        expect(atLabel).toBe(probability(teacher) < probability(student) ? 1 : 0)
      }),
    )
  })
})
