/** The mean of repeated runs, and how far they scatter. */
export interface MeanAndDeviation {
  /** The arithmetic mean. */
  readonly mean: number
  /** The sample standard deviation (divisor n - 1); NaN for a single value. */
  readonly standardDeviation: number
  /** How many values there are. */
  readonly count: number
}

/**
 * Computes mean and sample standard deviation, as a table of results over seeds states them.
 *
 * @param values - one number per run, at least one
 * @returns mean, standard deviation with divisor n - 1, and count
 * @throws RangeError when `values` is empty
 *
 * @example
 * ```ts
 * import { meanAndDeviation } from '@kd/report'
 *
 * const { mean, standardDeviation } = meanAndDeviation([0.9, 0.92, 0.94])
 * console.log(`${mean.toFixed(2)} ± ${standardDeviation.toFixed(2)}`) // 0.92 ± 0.02
 * ```
 */
export function meanAndDeviation(values: readonly number[]): MeanAndDeviation {
  const count = values.length
  if (count === 0) throw new RangeError('meanAndDeviation: values must hold at least one number, got none')
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, standardDeviation: Math.sqrt(squares / (count - 1)), count }
}
