import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairedDifferences } from './paired-differences.js'
import { pairedTTest } from './paired-t-test.js'
import golden from './statistics.golden.json' with { type: 'json' }
import { wilcoxonSignedRank } from './wilcoxon-signed-rank.js'

/** Accuracies as shares of whole examples, so that differences tie, two of each pair. */
const pairs = fc
  .tuple(fc.integer({ min: 2, max: 400 }), fc.integer({ min: 2, max: 12 }))
  .chain(([examples, count]) => {
    const share = fc.integer({ min: 0, max: examples }).map((right) => right / examples)
    return fc.array(fc.tuple(share, share), { minLength: count, maxLength: count })
  })
  .map((rows) => ({ values: rows.map(([value]) => value), baseline: rows.map(([, other]) => other) }))

/** Or both not a number. */
/** NaN where the tests say nothing is the same too; near p = 1 the distribution is good to the root of the rounding. */
const same = (one: number, other: number): void =>
  Number.isNaN(other) ? expect(one).toBeNaN() : expect(one).toBeCloseTo(other, 7)

describe.each([
  ['pairedTTest', pairedTTest],
  ['wilcoxonSignedRank', wilcoxonSignedRank],
])('%s', (_, test) => {
  it('gives a probability, or NaN', () => {
    fc.assert(
      fc.property(pairs, ({ values, baseline }) => {
        const { pValue } = test(values, baseline)
        expect(Number.isNaN(pValue) || (pValue >= 0 && pValue <= 1)).toBe(true)
      }),
    )
  })

  it('does not mind which of the two comes first, the order of the pairs, or the unit', () => {
    fc.assert(
      fc.property(pairs, ({ values, baseline }) => {
        const { pValue } = test(values, baseline)
        same(test(baseline, values).pValue, pValue)
        same(test([...values].reverse(), [...baseline].reverse()).pValue, pValue)
        const percent = (shares: number[]): number[] => shares.map((share) => 100 * share)
        same(test(percent(values), percent(baseline)).pValue, pValue)
      }),
    )
  })

  it('says nothing where nothing differs', () => {
    expect(test([0.9, 0.8], [0.9, 0.8]).pValue).toBeNaN()
  })

  it('refuses lists of different lengths, empty ones and what is not finite', () => {
    expect(() => test([1, 2], [1])).toThrow('must be pairs, got 2 and 1')
    expect(() => test([], [])).toThrow('must be pairs, got 0 and 0')
    expect(() => test([1, NaN], [1, 2])).toThrow('must be finite, got NaN')
  })
})

describe('pairedTTest', () => {
  it.each(golden.pairs)('gives what scipy gives: $name', ({ values, baseline, t }) => {
    const found = pairedTTest(values, baseline)
    expect(found.statistic).toBeCloseTo(t.statistic, 8)
    expect(found.pValue).toBeCloseTo(t.pValue, 8)
    expect(found.degreesOfFreedom).toBe(values.length - 1)
  })

  it('does not call one and the same difference a certainty', () => {
    expect(pairedTTest([0.9, 0.8, 0.7], [0.8, 0.7, 0.6])).toEqual({
      statistic: NaN,
      degreesOfFreedom: 2,
      pValue: NaN,
    })
    expect(pairedTTest([0.9], [0.8]).pValue).toBeNaN()
  })
})

describe('wilcoxonSignedRank', () => {
  it.each(golden.pairs)('gives what scipy gives with every combination of signs: $name', (pair) => {
    expect(wilcoxonSignedRank(pair.values, pair.baseline).pValue).toBeCloseTo(pair.wilcoxon, 10)
  })

  it('is never below 2 / 2^n, and that where all differences have one sign', () => {
    fc.assert(
      fc.property(pairs, ({ values, baseline }) => {
        const { pValue, pairs: count } = wilcoxonSignedRank(values, baseline)
        if (count > 0) expect(pValue).toBeGreaterThanOrEqual(2 ** (1 - count) - 1e-12)
        const above = wilcoxonSignedRank(
          baseline.map((value, index) => value + 1 + (index % 3)),
          baseline,
        )
        expect(above.pValue).toBeCloseTo(2 ** (1 - baseline.length), 12)
      }),
    )
  })

  it('stays exact for many pairs', () => {
    const values = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? -index - 1 : index + 1))
    // scipy.stats.wilcoxon(values, method='exact').pvalue
    expect(
      wilcoxonSignedRank(
        values,
        values.map(() => 0),
      ).pValue,
    ).toBeCloseTo(3.612571671651743e-5, 12)
  })
})

describe('pairedDifferences', () => {
  it('takes differences that are equal but for rounding as equal, and changes none by more', () => {
    fc.assert(
      fc.property(pairs, ({ values, baseline }) => {
        for (const [index, difference] of pairedDifferences(values, baseline).entries()) {
          expect(Math.abs(difference - (values[index]! - baseline[index]!))).toBeLessThan(1e-12)
        }
      }),
    )
    expect(new Set(pairedDifferences([0.9, 0.7, 0.3], [0.8, 0.6, 0.2])).size).toBe(1)
    expect(pairedDifferences([0, 0], [0, 0])).toEqual([0, 0])
  })
})
