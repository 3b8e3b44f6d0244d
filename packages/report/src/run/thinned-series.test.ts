import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { thinned } from './thinned-series.js'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('thinned', () => {
  it('keeps all of few values', () => {
    expect(thinned([], 4)).toEqual([])
    expect(thinned(upTo(4), 4)).toEqual(upTo(4))
  })

  it('keeps every so many of more, and the last', () => {
    expect(thinned(upTo(5), 4)).toEqual([0, 2, 4])
    expect(thinned(upTo(6), 4)).toEqual([0, 2, 4, 5])
    expect(thinned(upTo(51_000), 1000).slice(0, 3)).toEqual([0, 64, 128])
  })

  it('keeps no more than it may, evenly, with the first and the last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 2, max: 50 }), (count, most) => {
        const kept = thinned(upTo(count), most)
        expect(kept.length).toBeLessThanOrEqual(most + 1)
        expect([kept[0], kept.at(-1)]).toEqual([0, count - 1])
        const steps = kept.slice(1, -1).map((value, index) => value - kept[index]!)
        expect(new Set(steps).size).toBeLessThanOrEqual(1)
      }),
    )
  })
})
