/**
 * Applies Holm's correction to the p-values of several tests: the chance of even one false alarm among all of them stays
 * below the level that corrected values are compared with, however the tests depend on each other.
 *
 * The k-th smallest of m values is multiplied by m − k + 1, made at least as large as the one before it and at most 1.
 *
 * @param pValues - the p-values of all tests; NaN for a test that could not be made, which does not count
 * @returns corrected values in the same order, NaN where it was
 *
 * @example
 * ```ts
 * import { holmCorrection } from '@kd/report'
 *
 * console.log(holmCorrection([0.01, 0.04, 0.03])) // [ 0.03, 0.06, 0.06 ]
 * ```
 * @see Holm 1979, "A simple sequentially rejective multiple test procedure"
 */
export function holmCorrection(pValues: readonly number[]): number[] {
  const corrected = pValues.map(() => NaN)
  const tests = pValues.flatMap((pValue, index) => (Number.isNaN(pValue) ? [] : [{ pValue, index }]))
  tests.sort((one, other) => one.pValue - other.pValue)
  let minimum = 0
  for (const [rank, { pValue, index }] of tests.entries()) {
    minimum = Math.max(minimum, Math.min(1, pValue * (tests.length - rank)))
    corrected[index] = minimum
  }
  return corrected
}
