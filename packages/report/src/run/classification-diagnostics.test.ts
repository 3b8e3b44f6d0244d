import { describe, expect, it } from 'vitest'
import { classificationDiagnostics } from './classification-diagnostics.js'

describe('classificationDiagnostics', () => {
  it('counts predictions by label', () => {
    const logits = [5, 0, 0, 0, 5, 0, 0, 5, 0, 0, 0, 5]
    expect(classificationDiagnostics(logits, [0, 0, 1, 2]).confusion).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
  })

  it('puts examples of like confidence together', () => {
    // Probabilities 3/4, 3/4 and 9/10 of the first class; the second example is wrong.
    const logits = [Math.log(3), 0, Math.log(3), 0, Math.log(9), 0]
    const { reliability } = classificationDiagnostics(logits, [0, 1, 0], 10)
    expect(reliability.map(({ accuracy, count }) => [accuracy, count])).toEqual([
      [0.5, 2],
      [1, 1],
    ])
    expect(reliability[0]!.confidence).toBeCloseTo(0.75, 12)
    expect(reliability[1]!.confidence).toBeCloseTo(0.9, 12)
  })

  it('has a bin for certainty', () => {
    expect(classificationDiagnostics([1000, 0], [0]).reliability).toEqual([
      { confidence: 1, accuracy: 1, count: 1 },
    ])
  })

  it('refuses what does not fit', () => {
    expect(() => classificationDiagnostics([1, 2, 3], [0, 1])).toThrow('logits must be [N, C] for N labels')
    expect(() => classificationDiagnostics([1, 2], [2])).toThrow('labels must be in [0, 2), got 2')
  })

  it.each([NaN, Infinity])('counts examples with a logit of %s apart', (bad) => {
    const found = classificationDiagnostics([2, 0, bad, 1, 3, bad], [0, 1, 1])
    expect(found.confusion).toEqual([
      [1, 0],
      [0, 0],
    ])
    expect(found.reliability).toHaveLength(1)
    expect(found.nonFinite).toBe(2)
  })
})
