import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bootstrapInterval } from './bootstrap-interval.js'
import golden from './statistics.golden.json' with { type: 'json' }

const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 })
const few = { resamples: 500 }

describe('bootstrapInterval', () => {
  it.each(golden.intervals)('comes near what scipy gives', ({ values, low, high }) => {
    const found = bootstrapInterval(values, { resamples: 40_000 })
    // Both are drawn; the width tells how near they must be.
    expect(Math.abs(found.low - low)).toBeLessThan(0.03 * (high - low))
    expect(Math.abs(found.high - high)).toBeLessThan(0.03 * (high - low))
  })

  it('lies within the values, its low end first', () => {
    fc.assert(
      fc.property(values, fc.integer(), (numbers, seed) => {
        const { low, high } = bootstrapInterval(numbers, { ...few, seed })
        expect(low).toBeGreaterThanOrEqual(Math.min(...numbers) - 1e-12)
        expect(high).toBeLessThanOrEqual(Math.max(...numbers) + 1e-12)
        expect(low).toBeLessThanOrEqual(high)
      }),
    )
  })

  it('repeats itself for a seed, and differs between seeds', () => {
    const numbers = [0.1, 0.25, 0.37, 0.9]
    expect(bootstrapInterval(numbers, { ...few, seed: 3 })).toEqual(
      bootstrapInterval(numbers, { ...few, seed: 3 }),
    )
    expect(bootstrapInterval(numbers, { ...few, seed: 3 })).not.toEqual(
      bootstrapInterval(numbers, { ...few, seed: 4 }),
    )
  })

  it('grows with confidence', () => {
    const numbers = [0.1, 0.25, 0.37, 0.9]
    const [half, most] = [0.5, 0.99].map((confidence) => bootstrapInterval(numbers, { confidence }))
    expect(most!.low).toBeLessThan(half!.low)
    expect(most!.high).toBeGreaterThan(half!.high)
  })

  it('refuses no values', () => {
    expect(() => bootstrapInterval([])).toThrow('at least one number, got none')
  })
})
