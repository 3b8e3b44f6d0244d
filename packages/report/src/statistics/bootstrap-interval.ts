import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** An interval between two numbers. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions {
  /** How often the interval shall contain the true mean, in (0, 1). @defaultValue 0.95 */
  readonly confidence?: number
  /** How many samples are drawn. @defaultValue 10000 */
  readonly resamples?: number
  /** The seed of the draws: the same seed gives the same interval. @defaultValue 0 */
  readonly seed?: number
}

/**
 * Computes an interval for a mean by the percentile bootstrap: the means of samples drawn with replacement from the values, and of
 * these the middle part. It assumes no distribution, but of few values it is too narrow: with five it holds the true mean
 * less often than it says.
 *
 * @param values - at least one, such as differences between runs, one per seed
 * @param options - see {@link BootstrapOptions}
 * @returns the quantiles (1 − confidence) / 2 and (1 + confidence) / 2 of the means, between neighbours linearly
 * @throws RangeError when `values` is empty
 *
 * @example
 * ```ts
 * import { bootstrapInterval } from '@kd/report'
 *
 * const { low, high } = bootstrapInterval([0.01, 0.03, 0.02, 0.04, 0.02])
 * console.log(low < 0.024, 0.024 < high) // true true
 * ```
 * @see Efron 1979, "Bootstrap methods: another look at the jackknife"
 */
export function bootstrapInterval(
  values: readonly number[],
  { confidence = 0.95, resamples = 10_000, seed = 0 }: BootstrapOptions = {},
): Interval {
  if (values.length === 0)
    throw new RangeError('bootstrapInterval: values must hold at least one number, got none')
  const random = xoroshiro128plus(seed)
  const meanOfSample = (): number => {
    let sum = 0
    for (let drawn = 0; drawn < values.length; drawn++)
      sum += values[uniformInt(random, 0, values.length - 1)]!
    return sum / values.length
  }
  const means = Float64Array.from({ length: resamples }, meanOfSample)
  means.sort()
  return { low: quantile(means, (1 - confidence) / 2), high: quantile(means, (1 + confidence) / 2) }
}

function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1)
  const index = Math.floor(position)
  const next = sorted[Math.min(index + 1, sorted.length - 1)]!
  return sorted[index]! + (position - index) * (next - sorted[index]!)
}
