import { describe, expect, it } from 'vitest'
import { checkThrift } from './check-thrift.js'

const readerOf = (...bytes: number[]) => ({ view: new DataView(Uint8Array.from(bytes).buffer), offset: 0 })

describe('checkThrift', () => {
  it('goes to the end of a struct with every type', () => {
    const inner = [0x15, 2, 0]
    const list = [0x19, 0x2c, ...inner, ...inner]
    const reader = readerOf(
      0x11,
      0x12,
      0x13,
      9,
      0x18,
      2,
      65,
      66,
      0x17,
      ...new Array<number>(8).fill(1),
      ...list,
      5,
      20,
      4,
      0,
      99,
    )
    checkThrift(reader)
    expect(reader.view.getUint8(reader.offset)).toBe(99)
  })

  it.each<[string, number[], string]>([
    ['a number without end', [0x16, ...new Array<number>(1000).fill(0xff)], 'a number of more than 64 bits'],
    ['a list longer than the file', [0x19, 0xf1, 0xff, 0xff, 0xff, 0x7f], 'a list of 268435455 values'],
    ['structs without end', new Array<number>(1000).fill(0x1c), 'values nested deeper than 32'],
    ['lists without end', new Array<number>(1000).fill(0x19), 'values nested deeper than 32'],
    ['another type', [0x1b, 0], 'a value of type 11'],
    ['no end', [0x15, 2], 'Offset is outside the bounds'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => checkThrift(readerOf(...bytes))).toThrow(message)
  })
})
