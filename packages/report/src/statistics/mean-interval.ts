// The reference goes with the source into every package that is checked with it.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- a package without types has nothing to import
/// <reference path="./jstat.d.ts" />
import jstat from 'jstat'
import type { Interval } from './bootstrap-interval.js'
import { meanAndDeviation } from './mean-and-deviation.js'

/**
 * Computes an interval for a mean from Student's t-distribution: mean ± t · s / √n. It takes the values for a sample of a normal
 * distribution. Of differences it excludes zero exactly where the paired t-test at the level 1 − confidence finds them.
 *
 * @param values - at least one, such as results of runs, one per seed
 * @param confidence - how often the interval shall contain the true mean, in (0, 1)
 * @returns undefined where values do not scatter, which one value never does
 * @throws RangeError when `values` is empty
 *
 * @example
 * ```ts
 * import { meanInterval } from '@kd/report'
 *
 * const { low, high } = meanInterval([0.93, 0.94, 0.95])!
 * console.log(low.toFixed(3), high.toFixed(3)) // 0.915 0.965
 * ```
 * @see Student 1908, "The probable error of a mean"; the distribution is that of the package jstat
 */
export function meanInterval(values: readonly number[], confidence = 0.95): Interval | undefined {
  const { mean, standardDeviation, count } = meanAndDeviation(values)
  if (values.every((value) => value === values[0])) return undefined
  const half =
    (jstat.jStat.studentt.inv((1 + confidence) / 2, count - 1) * standardDeviation) / Math.sqrt(count)
  return { low: mean - half, high: mean + half }
}
