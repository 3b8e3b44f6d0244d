import { expect, it } from 'vitest'
import { bytesText, countText, threeDigits } from './size-text.js'

it('shows sizes with few digits', () => {
  expect([0, 999, 1000, 45_210, 45_210_000, 4.5e12].map(bytesText)).toEqual([
    ...['0 bytes', '999 bytes', '1 kB', '45.2 kB', '45.2 MB', '4.5 TB'],
  ])
  expect([12, 12_345, 1_234_567, 2.5e9].map(countText)).toEqual([
    '12',
    '12,345',
    '1.23 million',
    '2.5 billion',
  ])
  expect([1.23456, 12.3456, 1234.56].map(threeDigits)).toEqual(['1.23', '12.3', '1,235'])
})
