import { describe, expect, it } from 'vitest'
import { differingKeys } from './differing-keys.js'

describe('differingKeys', () => {
  it('names the smallest parts that differ, whatever the order of keys', () => {
    const one = { seed: 1, training: { epochs: 3, optimizer: { name: 'sgd' } }, teachers: [{ run: 'a' }] }
    const other = {
      teachers: [{ run: 'b' }, { run: 'c' }],
      training: { optimizer: { name: 'sgd' }, epochs: 5 },
      seed: 1,
      engine: 'cpu',
    }
    expect(differingKeys(one, other)).toEqual([
      { key: 'training.epochs', one: '3', other: '5' },
      { key: 'teachers.0.run', one: '"a"', other: '"b"' },
      { key: 'teachers.1', one: 'nothing', other: '{"run":"c"}' },
      { key: 'engine', one: 'nothing', other: '"cpu"' },
    ])
    expect(differingKeys(other, structuredClone(other))).toEqual([])
  })

  it('tells lists from maps, and null from nothing', () => {
    expect(differingKeys({ a: [1] }, { a: { 0: 1 } })).toHaveLength(1)
    expect(differingKeys({ a: null }, {})).toEqual([{ key: 'a', one: 'null', other: 'nothing' }])
  })
})
