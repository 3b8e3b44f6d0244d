import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holmCorrection } from './holm-correction.js'
import golden from './statistics.golden.json' with { type: 'json' }

const probability = fc.double({ min: 0, max: 1, noNaN: true })

describe('holmCorrection', () => {
  it.each(golden.corrections)('gives what statsmodels gives: $pValues', ({ pValues, corrected }) => {
    for (const [index, value] of holmCorrection(pValues).entries())
      expect(value).toBeCloseTo(corrected[index]!, 12)
  })

  it('never makes a value smaller or larger than Bonferroni does, and keeps their order', () => {
    fc.assert(
      fc.property(fc.array(probability, { minLength: 1, maxLength: 8 }), (pValues) => {
        const corrected = holmCorrection(pValues)
        for (const [index, value] of corrected.entries()) {
          expect(value).toBeGreaterThanOrEqual(pValues[index]!)
          expect(value).toBeLessThanOrEqual(Math.min(1, pValues[index]! * pValues.length) + 1e-15)
          for (const [other, next] of corrected.entries()) {
            if (pValues[index]! < pValues[other]!) expect(value).toBeLessThanOrEqual(next)
          }
        }
      }),
    )
  })

  it('passes over tests that could not be made', () => {
    expect(holmCorrection([NaN, 0.01, NaN, 0.04])).toEqual([NaN, 0.02, NaN, 0.04])
    expect(holmCorrection([])).toEqual([])
  })
})
