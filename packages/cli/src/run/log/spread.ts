/** How numbers are spread, as lines of metrics.jsonl have it. */
export interface Spread {
  readonly mean: number
  readonly standardDeviation: number
  /** Counts in equal bars from `min` to `max`. */
  readonly histogram: { readonly min: number; readonly max: number; readonly counts: readonly number[] }
}

/**
 * Puts numbers into a {@link Spread}.
 *
 * @param values - at least one
 * @param bins - bars, >= 1
 * @param range - of the bars; otherwise from the least to the greatest
 */
export function spreadOf(values: ArrayLike<number>, bins: number, range?: readonly [number, number]): Spread {
  const numbers = Array.from(values)
  const [min, max] = range ?? [
    numbers.reduce((least, value) => Math.min(least, value), Infinity),
    numbers.reduce((most, value) => Math.max(most, value), -Infinity),
  ]
  const width = (max - min) / bins || 1
  const counts = new Array<number>(bins).fill(0)
  for (const value of numbers) counts[Math.min(bins - 1, Math.floor((value - min) / width))]! += 1
  const mean = meanOf(numbers)
  const standardDeviation = Math.sqrt(meanOf(numbers.map((value) => (value - mean) ** 2)))
  return { mean, standardDeviation, histogram: { min, max, counts } }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
