import { describe, expect, it } from 'vitest'
import { walkRuns } from './walk-runs.js'

const readerOf = (...bytes: number[]) => ({ view: new DataView(Uint8Array.from(bytes).buffer), offset: 0 })

describe('walkRuns', () => {
  it('counts a value in repeated and in packed runs, and stops behind the last', () => {
    // Five times 1; then one eight of single bits, the lowest first: 1 0 1 1 0 and three to fill up.
    const reader = readerOf(10, 1, 3, 0b01101, 99)
    expect(walkRuns(reader, { width: 1, count: 10, wanted: 1 })).toBe(8)
    expect(reader.offset).toBe(4)
    // Eight values of three bits, 0 to 7, as the format's own document packs them; no value is asked for.
    const packed = [3, 0b10001000, 0b11000110, 0b11111010]
    expect(walkRuns(readerOf(...packed), { width: 3, count: 8 })).toBe(0)
    for (let wanted = 0; wanted < 8; wanted++)
      expect(walkRuns(readerOf(...packed), { width: 3, count: 8, wanted })).toBe(1)
  })

  it.each<[string, number[], number, string]>([
    ['a repeated run that is too long', [0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 1, 'a run of 2147483647 values'],
    ['a packed run of values without bits', [0xff, 0xff, 0xff, 0xff, 0x0f], 0, 'a run of 17179869176 values'],
    ['a run behind the end', [3], 8, 'a run that ends behind its page'],
    ['no end of a number', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1, 'a number of more than 32 bits'],
    ['too many bits', [3], 33, 'values of 33 bits'],
    ['too few runs', [2, 1], 1, 'Offset is outside the bounds'],
  ])('refuses %s', (_, bytes, width, message) => {
    expect(() => walkRuns(readerOf(...bytes), { width, count: 8 })).toThrow(message)
  })
})
