import type { Tensor } from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

/** Values and shape of a tensor, taken off its backend. */
export interface Snapshot {
  readonly shape: readonly number[]
  readonly dtype: string
  readonly values: ArrayLike<number>
}

/** Takes a tensor off its backend. */
export function snapshot(tensor: Tensor): Snapshot {
  return { shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync().slice() }
}

/**
 * Checks native results against the cpu engine's: NaN and infinities at the same places, numbers to rounding of float32.
 * The tolerance grows with the largest number of the tensor, because sums lose that much.
 *
 * @param actual - native's
 * @param wanted - the cpu engine's
 * @param relative - to each number, and to the largest one
 * @param absolute - for sums whose terms cancel
 */
export function expectSame(actual: Snapshot, wanted: Snapshot, relative = 2e-5, absolute = 1e-29): void {
  expect(actual.shape).toEqual(wanted.shape)
  expect(actual.dtype).toBe(wanted.dtype)
  expect(actual.values.length).toBe(wanted.values.length)
  const finite = Array.from(wanted.values).filter((value) => Number.isFinite(value))
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  for (let index = 0; index < wanted.values.length; index++) {
    const found = actual.values[index]!
    const value = wanted.values[index]!
    const same = found === value || (Number.isNaN(found) && Number.isNaN(value))
    if (!same && !(Math.abs(found - value) <= relative * (Math.abs(value) + largest) + absolute)) {
      expect.fail(`item ${index} of [${wanted.shape.join(', ')}]: cpu gives ${value}, native ${found}`)
    }
  }
}
