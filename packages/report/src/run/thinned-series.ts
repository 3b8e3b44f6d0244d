/**
 * A series of any length, of which few values are kept: every value while there are few, then every second, every fourth and so on, and
 * always the last. Two series of the same length keep the same places, so that a mean over them stays one.
 *
 * @example
 * ```ts
 * import { ThinnedSeries } from '@kd/report'
 *
 * const series = new ThinnedSeries<number>(3)
 * for (const value of [1, 2, 3, 4, 5, 6, 7, 8]) series.add(value)
 * console.log(series.values) // [ 1, 5, 8 ]
 * ```
 */
export class ThinnedSeries<Value> {
  readonly #most: number
  #kept: Value[] = []
  #every = 1
  #count = 0
  #last: Value[] = []

  /** @param most - how many values are kept, besides the last; at least 2 */
  constructor(most: number) {
    this.#most = most
  }

  /** Takes the next value. */
  add(value: Value): void {
    const isKept = this.#count % this.#every === 0
    if (isKept) this.#kept.push(value)
    this.#last = isKept ? [] : [value]
    this.#count++
    if (this.#kept.length <= this.#most) return
    this.#every *= 2
    this.#last = this.#kept.length % 2 === 0 ? [value] : []
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0)
  }

  /** The values that were kept, in order. */
  get values(): Value[] {
    return [...this.#kept, ...this.#last]
  }
}

/**
 * Keeps few of many values, as {@link ThinnedSeries} does.
 *
 * @param values - in order
 * @param most - how many are kept, besides the last; at least 2
 * @returns the values that were kept, in order
 */
export function thinned<Value>(values: readonly Value[], most: number): Value[] {
  const series = new ThinnedSeries<Value>(most)
  for (const value of values) series.add(value)
  return series.values
}
