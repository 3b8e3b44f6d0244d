import { describe, expect, it } from 'vitest'
import { meanAndDeviation } from './mean-and-deviation.js'

describe('meanAndDeviation', () => {
  it('divides the squares by n - 1', () => {
    // numpy: np.mean([2, 4, 9]), np.std([2, 4, 9], ddof=1)
    expect(meanAndDeviation([2, 4, 9])).toEqual({ mean: 5, standardDeviation: 3.605551275463989, count: 3 })
  })

  it('has no deviation for one value', () => {
    expect(meanAndDeviation([3])).toEqual({ mean: 3, standardDeviation: NaN, count: 1 })
  })

  it('refuses no values', () => {
    expect(() => meanAndDeviation([])).toThrow('at least one number, got none')
  })
})
