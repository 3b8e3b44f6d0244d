import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combineScores } from './combine-scores.js'
import { rankScores } from './rank-scores.js'
import { selectAbove } from './select-above.js'
import { selectTop } from './select-top.js'
import { sigmoidWeights } from './sigmoid-weights.js'

const count = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0)
const someScores = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 40 })
const someFraction = fc.double({ min: 0, max: 1, minExcluded: true, noNaN: true })

describe('selectTop', () => {
  it('selects the rounded number, no selected score below another', () => {
    fc.assert(
      fc.property(someScores, someFraction, (scores, fraction) => {
        const mask = selectTop(scores, { fraction })
        expect(count(mask)).toBe(Math.max(1, Math.round(fraction * scores.length)))
        const inside = scores.filter((_, row) => mask[row] === 1)
        const outside = scores.filter((_, row) => mask[row] === 0)
        expect(Math.min(...inside)).toBeGreaterThanOrEqual(Math.max(...outside))
      }),
    )
  })

  it('takes the lowest where told, the earlier of equals, and all at fraction 1', () => {
    expect([...selectTop([3, 1, 2], { fraction: 1 / 3, keep: 'lowest' })]).toEqual([0, 1, 0])
    expect([...selectTop([1, 1, 1, 1], { fraction: 0.5 })]).toEqual([1, 1, 0, 0])
    expect([...selectTop([1, 1, 1, 1], { fraction: 0.5, keep: 'lowest' })]).toEqual([1, 1, 0, 0])
    expect([...selectTop([-Infinity, 0, Infinity], { fraction: 1 })]).toEqual([1, 1, 1])
    expect([...selectTop([-Infinity, 0, Infinity], { fraction: 0.01 })]).toEqual([0, 0, 1])
  })

  it('keeps the shares of the classes when balanced', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ noNaN: true }), fc.nat(3)), { minLength: 1, maxLength: 60 }),
        someFraction,
        (rows, fraction) => {
          const labels = rows.map(([, label]) => label)
          const scores = rows.map(([score]) => score)
          const mask = selectTop(scores, { fraction, labels, balanced: true })
          const total = Math.max(1, Math.round(fraction * rows.length))
          expect(count(mask)).toBe(total)
          for (const label of new Set(labels)) {
            const ofClass = labels.filter((other) => other === label).length
            const chosen = labels.filter((other, row) => other === label && mask[row] === 1).length
            expect(Math.abs(chosen - (total * ofClass) / labels.length)).toBeLessThan(1)
          }
        },
      ),
    )
  })

  it.each([0, -0.1, 1.01, NaN])('refuses fraction %d', (fraction) => {
    expect(() => selectTop([1], { fraction })).toThrow(
      `selectTop: fraction must be in (0, 1], got ${fraction}`,
    )
  })

  it('refuses NaN, no scores, and balance without labels', () => {
    expect(() => selectTop([1, NaN], { fraction: 1 })).toThrow(
      'selectTop: scores must be numbers, got NaN in row 1',
    )
    expect(() => selectTop([], { fraction: 1 })).toThrow('scores must hold at least one score, got none')
    expect(() => selectTop([1, 2], { fraction: 1, balanced: true })).toThrow(
      'selectTop: labels must be one per score for balanced, 2, got none',
    )
    expect(() => selectTop([1, 2], { fraction: 1, balanced: true, labels: [1] })).toThrow('got 1')
  })
})

describe('selectAbove', () => {
  it('selects what is greater than the threshold', () => {
    expect([...selectAbove([0.5, 0.4, 0.6], 0.5)]).toEqual([0, 0, 1])
    expect(() => selectAbove([1], NaN)).toThrow('threshold must be a number, got NaN')
    expect(() => selectAbove([NaN], 0)).toThrow('got NaN in row 0')
  })
})

describe('rankScores', () => {
  it('gives ranks that do not change under any rising function, with mean 1/2', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 }), (scores) => {
        const ranks = rankScores(scores)
        expect([...rankScores(scores.map((score) => Math.sinh(score / 5)))]).toEqual([...ranks])
        expect(ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length).toBeCloseTo(0.5, 10)
        const reversed = rankScores(scores, { keep: 'lowest' })
        ranks.forEach((rank, row) => expect(reversed[row]).toBeCloseTo(1 - rank, 10))
      }),
    )
  })

  it('refuses a share outside [0, 0.5)', () => {
    expect(() => rankScores([1], { winsorize: 0.5 })).toThrow(
      'rankScores: winsorize must be in [0, 0.5), got 0.5',
    )
  })
})

describe('sigmoidWeights', () => {
  it('is the sigmoid of the score in units of the median absolute score', () => {
    const weights = [...sigmoidWeights([-4, 0, 2, 8], { sharpness: 3 })]
    const expected = [-4, 0, 2, 8].map((score) => 1 / (1 + Math.exp(-score)))
    weights.forEach((weight, row) => expect(weight).toBeCloseTo(expected[row]!, 12))
  })

  it('does not depend on the unit of the scores, and rises with them', () => {
    const scores = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(scores, (values) => {
        const weights = sigmoidWeights(values)
        const scaled = sigmoidWeights(values.map((value) => 1024 * value))
        weights.forEach((weight, row) => expect(scaled[row]).toBeCloseTo(weight, 10))
        const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!)
        order.forEach((row, place) =>
          expect(weights[row]).toBeGreaterThanOrEqual(weights[order[place - 1] ?? row]!),
        )
      }),
    )
  })

  it('takes the mean where the median is 0, and gives 1/2 where all scores are 0', () => {
    expect(sigmoidWeights([0, 0, 0, 8])[3]).toBeCloseTo(1 / (1 + Math.exp(-4)), 12)
    expect([...sigmoidWeights([0, 0])]).toEqual([0.5, 0.5])
  })

  it('refuses infinite scores and a sharpness that is not > 0', () => {
    expect(() => sigmoidWeights([1, Infinity])).toThrow(
      'sigmoidWeights: scores must be finite numbers, got Infinity in row 1',
    )
    expect(() => sigmoidWeights([1], { sharpness: 0 })).toThrow(
      'sharpness must be a finite number > 0, got 0',
    )
  })
})

describe('combineScores', () => {
  it('weighs ranks', () => {
    const combined = combineScores([{ scores: [1, 2, 3], weight: 3 }, { scores: [30, 20, 10] }])
    expect([...combined]).toEqual([0.25, 0.5, 0.75])
  })

  it('refuses no criterion, other lengths, and weights that are not > 0', () => {
    expect(() => combineScores([])).toThrow('combineScores: criteria must be at least one, got none')
    expect(() => combineScores([{ scores: [1] }, { scores: [1, 2] }])).toThrow('got 1 and 2 scores')
    expect(() => combineScores([{ scores: [1], weight: 0 }])).toThrow(
      'weight must be a finite number > 0, got 0',
    )
  })
})
