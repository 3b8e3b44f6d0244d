import { describe, expect, it } from 'vitest'
import { meanInterval } from './mean-interval.js'
import { pairedTTest } from './paired-t-test.js'

describe('meanInterval', () => {
  it('is what scipy gives', () => {
    // scipy: t.interval(0.95, 4, loc=mean(x), scale=sem(x))
    const { low, high } = meanInterval([0.03, 0.02, 0.04, 0.02, 0.03])!
    expect(low).toBeCloseTo(0.0176115, 6)
    expect(high).toBeCloseTo(0.0383885, 6)
  })

  it('excludes zero exactly where the paired t-test does', () => {
    const values = [0.03, 0.01, 0.04, -0.01, 0.02]
    const { pValue } = pairedTTest(
      values,
      values.map(() => 0),
    )
    expect(meanInterval(values, 1 - pValue * 1.001)!.low).toBeGreaterThan(0)
    expect(meanInterval(values, 1 - pValue * 0.999)!.low).toBeLessThan(0)
  })

  it('is none for values that do not scatter', () => {
    expect(meanInterval([0.5])).toBeUndefined()
    expect(meanInterval([0.5, 0.5])).toBeUndefined()
    expect(() => meanInterval([])).toThrow('at least one number')
  })
})
