// The reference goes with the source into every package that is checked with it.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- a package without types has nothing to import
/// <reference path="./jstat.d.ts" />
import jstat from 'jstat'
import { meanAndDeviation } from './mean-and-deviation.js'
import { pairedDifferences } from './paired-differences.js'

/** Outcome of {@link pairedTTest}. */
export interface PairedTTest {
  /** Mean difference over its standard error; NaN when the differences do not scatter. */
  readonly statistic: number
  /** Pairs − 1. */
  readonly degreesOfFreedom: number
  /** Two-sided; NaN when there is no statistic. */
  readonly pValue: number
}

/**
 * Student's t-test for paired results: is the mean of value − baseline zero? It takes the differences for a sample of a
 * normal distribution.
 *
 * statistic = mean(d) / (s / √n), with s the sample standard deviation (divisor n − 1) of the n differences d.
 *
 * Differences that do not scatter at all give no statistic: scipy calls the p-value 0 there, which would call one and the
 * same difference in two runs a certainty.
 *
 * @param values - one per pair, for runs one per seed
 * @param baseline - of the same pairs, in the same order
 * @returns the statistic, its degrees of freedom and the two-sided p-value
 * @throws RangeError for lists of different lengths or none
 *
 * @example
 * ```ts
 * import { pairedTTest } from '@kd/report'
 *
 * const { pValue } = pairedTTest([0.94, 0.95, 0.93], [0.9, 0.92, 0.91])
 * console.log(pValue.toFixed(3)) // 0.035
 * ```
 * @see Student 1908, "The probable error of a mean"; the distribution is that of the package jstat
 */
export function pairedTTest(values: readonly number[], baseline: readonly number[]): PairedTTest {
  const differences = pairedDifferences(values, baseline)
  const { mean, standardDeviation, count } = meanAndDeviation(differences)
  const degreesOfFreedom = count - 1
  const scatters = differences.some((difference) => difference !== differences[0])
  if (!scatters) return { statistic: NaN, degreesOfFreedom, pValue: NaN }
  const statistic = mean / (standardDeviation / Math.sqrt(count))
  const pValue = Math.min(1, 2 * jstat.jStat.studentt.cdf(-Math.abs(statistic), degreesOfFreedom))
  return { statistic, degreesOfFreedom, pValue }
}
