import { expect, it } from 'vitest'
import { chanceWarning } from './chance-warning.js'

const labels = Int32Array.of(0, 0, 0, 1, 1, 2, 2, 2, 2, 3)

it('warns of a student that is no better than the largest class, and of no other', () => {
  expect(chanceWarning({ labels }, 0.1)).toContain('10.00 % right')
  expect(chanceWarning({ labels }, 0.41)).toContain('the same class gives 40.00 %')
  expect(chanceWarning({ labels }, 0.43)).toBeUndefined()
})

it('says nothing of data with a single class, where there is nothing to learn', () => {
  expect(chanceWarning({ labels: Int32Array.of(1, 1) }, 1)).toBeUndefined()
})
