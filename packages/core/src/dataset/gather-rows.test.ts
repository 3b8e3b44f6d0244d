import { describe, expect, it } from 'vitest'
import { gatherRows } from './gather-rows.js'

describe('gatherRows', () => {
  it.each([1, 3, 128, 129, 784])('copies rows of %i values in the order asked for, one twice', (size) => {
    const table = Float32Array.from({ length: 5 * size }, (_, index) => index)
    const wanted = [4, 0, 4].flatMap((row) =>
      Array.from({ length: size }, (_, column) => row * size + column),
    )
    expect([...gatherRows(table, [4, 0, 4], size)]).toEqual(wanted)
  })

  it('keeps the kind of numbers', () => {
    expect(gatherRows(Uint8Array.of(7, 8, 9), Int32Array.of(2), 1)).toEqual(Uint8Array.of(9))
  })
})
