import { deltaBinaryUnpack } from 'hyparquet/src/delta.js'
import { describe, expect, it } from 'vitest'
import { walkDeltas } from './walk-deltas.js'

const readerOf = (...bytes: number[]) => ({ view: new DataView(Uint8Array.from(bytes).buffer), offset: 0 })

describe('walkDeltas', () => {
  it('ends where the decoder ends', () => {
    // Blocks of 128 in 4 parts, 5 values from 7; the smallest difference -2, differences over it in 2 bits.
    const bytes = [0x80, 1, 4, 5, 14, 3, 2, 0, 0, 0, 0b11100100, ...new Array<number>(7).fill(0), 99]
    const [walked, decoded] = [readerOf(...bytes), readerOf(...bytes)]
    const output = new Int32Array(5)
    deltaBinaryUnpack(decoded, 5, output)
    expect([...output]).toEqual([7, 5, 4, 4, 5])
    walkDeltas(walked, 5)
    expect([walked.offset, bytes[walked.offset]]).toEqual([decoded.offset, 99])
  })

  it.each<[string, number[], string]>([
    ['blocks of less than nothing', [0x80, 0x80, 0x80, 0x80, 0x08, 4, 9, 0], 'blocks of 2147483648 values'],
    ['no parts', [0x80, 1, 0, 9, 0], 'blocks of 128 values in 0 parts'],
    ['parts that do not come out even', [0x80, 1, 3, 9, 0], 'in 3 parts'],
    ['differences of too many bits', [0x80, 1, 4, 9, 0, 0, 65, 0, 0, 0], 'differences of 65 bits'],
    ['endless numbers', [0x80, 1, 4, 9, ...new Array<number>(50).fill(255)], 'a number of more than 64 bits'],
    ['too few blocks', [0x80, 1, 4, 9, 0], 'Offset is outside the bounds'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => walkDeltas(readerOf(...bytes), 9)).toThrow(message)
  })
})
