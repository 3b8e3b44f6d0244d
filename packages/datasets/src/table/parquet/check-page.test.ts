import { deltaBinaryUnpack } from 'hyparquet/src/delta.js'
import { describe, expect, it } from 'vitest'
import { checkPage, type PageForm } from './check-page.js'

/** Differences of 0 after the first: a block of 128 in one part. */
const lengths = (count: number, first: number): number[] => [0x80, 1, 1, count, ...varInt(2 * first), 0, 0]

function varInt(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varInt(Math.floor(value / 128))]
}

const texts: PageForm = {
  type: 'BYTE_ARRAY',
  typeLength: 0,
  encoding: 'DELTA_BYTE_ARRAY',
  count: 100,
  maxDefinitionLevel: 0,
  maxRepetitionLevel: 0,
}
const check = (bytes: number[], form: PageForm) => checkPage(Uint8Array.from(bytes), form, deltaBinaryUnpack)

describe('checkPage', () => {
  it('counts what texts come to that share their beginnings, and refuses more than there is to share', () => {
    // None is shared at first, then 50 each time: differences of 50, then of none.
    const shared = [0x80, 1, 1, 100, 0, 0, 6, 50, ...new Array<number>(95).fill(0)]
    const added = [0x80, 1, 1, 100, 100, ...varInt(99), 6, 50, ...new Array<number>(95).fill(0)]
    expect(() => check([...shared, ...lengths(100, 49)], texts)).toThrow('shares 50 bytes with one of 49')
    expect(check([...shared, ...lengths(100, 50)], texts)).toBe(50 + 99 * 100)
    expect(() => check([...shared, ...added], texts)).toThrow('shares 50 bytes')
  })

  it('takes nulls from the levels, and bytes per value from the type', () => {
    const split: PageForm = {
      ...texts,
      type: 'DOUBLE',
      encoding: 'BYTE_STREAM_SPLIT',
      maxDefinitionLevel: 1,
      count: 4,
    }
    // One of four is there: a run of three zeros, a run of one 1.
    const levels = [4, 0, 0, 0, 6, 0, 2, 1]
    expect(check([...levels, ...new Array<number>(8).fill(0)], split)).toBe(0)
    expect(() => check([4, 0, 0, 0, 2, 0, 6, 1], split)).toThrow('3 values in 8 bytes')
    const fixed: PageForm = {
      ...split,
      type: 'FIXED_LEN_BYTE_ARRAY',
      typeLength: 2 ** 31,
      maxDefinitionLevel: 0,
    }
    expect(() => check(levels, fixed)).toThrow('4 values in 8 bytes')
  })
})
