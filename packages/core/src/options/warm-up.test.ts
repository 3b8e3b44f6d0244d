import { expect, it } from 'vitest'
import { warmUpShare } from './warm-up.js'

it('grows by equal steps to 1 and stays there', () => {
  expect([0, 1, 3, 4, 50].map((epoch) => warmUpShare(epoch, 4))).toEqual([0.25, 0.5, 1, 1, 1])
})

it('is 1 from the start without a warm-up', () => {
  expect(warmUpShare(0, 0)).toBe(1)
})
