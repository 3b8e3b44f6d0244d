import { loadDataset } from '../load-dataset.js'
import { describe, expect, it } from 'vitest'
import { takePart } from './take-part.js'

const digits = await loadDataset({ name: 'digits' })
const idsOf = (of: number, seed?: number): number[][] =>
  Array.from({ length: of }, (_, index) => [
    ...takePart(digits, { number: index + 1, of, ...(seed !== undefined && { seed }) }).train.ids,
  ])

describe('takePart', () => {
  it('makes disjoint parts of one size, and leaves out no more than a remainder', () => {
    const parts = idsOf(5)
    expect(parts.map(({ length }) => length)).toEqual([287, 287, 287, 287, 287])
    expect(new Set(parts.flat()).size).toBe(5 * 287)
  })

  it('keeps inputs, labels and ids together, in order, and the other splits', () => {
    const part = takePart(digits, { number: 2, of: 3 })
    expect(part.test).toBe(digits.test)
    const ids = [...part.train.ids]
    expect(ids).toEqual([...ids].sort((one, other) => one - other))
    for (const [row, id] of ids.entries()) {
      const from = digits.train.ids.indexOf(id)
      expect(part.train.labels[row]).toBe(digits.train.labels[from])
      expect(part.train.inputs.slice(row * 64, (row + 1) * 64)).toEqual(
        digits.train.inputs.slice(from * 64, (from + 1) * 64),
      )
    }
  })

  it('repeats itself for a seed and differs between seeds', () => {
    expect(idsOf(4, 1)).toEqual(idsOf(4, 1))
    expect(idsOf(4, 1)).not.toEqual(idsOf(4, 2))
  })

  it('takes everything as the only part', () => {
    expect(idsOf(1)[0]).toEqual([...digits.train.ids])
  })

  it.each([
    [{ number: 0, of: 2 }, 'number must be a whole number from 1 to 2, got 0'],
    [{ number: 3, of: 2 }, 'number must be a whole number from 1 to 2, got 3'],
    [{ number: 1, of: 1438 }, 'of must be a whole number from 1 to 1437 examples, got 1438'],
    [{ number: 1, of: 1.5 }, 'of must be a whole number from 1 to 1437 examples, got 1.5'],
  ])('refuses %o', (options, message) => {
    expect(() => takePart(digits, options)).toThrow(message)
  })
})
