import { ShapeError } from '@kd/core'

/** What {@link mixingSummary} takes, for N examples. */
export interface MixingSummaryOptions {
  /** Values by name, each [N], as a run gives them for its examples: weights, masks, scores. */
  readonly values: Readonly<Record<string, Float32Array>>
  /** [N] the labels that were trained on. */
  readonly labels: Int32Array
  /** [N] the right labels, where they are known. */
  readonly cleanLabels?: Int32Array
  /**
   * Bars of each histogram, >= 1.
   * @defaultValue 20
   */
  readonly bins?: number
}

/** One kind of value over the examples. */
export interface TermSummary {
  readonly mean: number
  readonly standardDeviation: number
  /** Counts in equal bars from `min` to `max`. */
  readonly histogram: { readonly min: number; readonly max: number; readonly counts: readonly number[] }
  /** Mean by label; NaN for a label that no example has. */
  readonly classMeans: readonly number[]
  /** Where clean labels are known. */
  readonly noise?: {
    readonly meanWhereRight: number
    readonly meanWhereWrong: number
    /**
     * Chance that a wrong label's example has a lower value than a right one's, ties counting half: 0.5 says nothing, 1
     * separates them. NaN when all labels are right, or all wrong.
     */
    readonly wrongBelowRight: number
  }
}

/**
 * Puts values of single examples, such as learned weights, into figures for a log: distribution, means by class, and how well
 * they tell wrong labels from right.
 *
 * @param options - see {@link MixingSummaryOptions}
 * @returns a summary of each kind of value, by its name
 * @throws {@link ShapeError} when lengths do not fit
 *
 * @example
 * ```ts
 * import { mixingSummary } from '@kd/meta-mixing'
 *
 * const { labelWeight } = mixingSummary({
 *   values: { labelWeight: new Float32Array([0.5, 0.25]), teacher0Weight: new Float32Array([1, 1]) },
 *   labels: new Int32Array([0, 1]),
 *   cleanLabels: new Int32Array([0, 0]),
 * })
 * console.log(labelWeight?.mean, labelWeight?.noise?.wrongBelowRight) // 0.375 1
 * ```
 */
export function mixingSummary(options: MixingSummaryOptions): Record<string, TermSummary> {
  const { labels, cleanLabels } = options
  if (cleanLabels !== undefined && cleanLabels.length !== labels.length) {
    throw new ShapeError(
      `mixingSummary: cleanLabels must have ${labels.length} values like labels, got ${cleanLabels.length}`,
    )
  }
  return Object.fromEntries(
    Object.entries(options.values).map(([name, values]) => {
      if (values.length !== labels.length) {
        throw new ShapeError(
          `mixingSummary: ${name} must have ${labels.length} values like labels, got ${values.length}`,
        )
      }
      return [name, summarize(Float64Array.from(values), options)]
    }),
  )
}

function summarize(
  values: Float64Array,
  { labels, cleanLabels, bins = 20 }: MixingSummaryOptions,
): TermSummary {
  const average = mean(values)
  const classes = labels.reduce((largest, label) => Math.max(largest, label), 0) + 1
  return {
    mean: average,
    standardDeviation: Math.sqrt(mean(values.map((value) => (value - average) ** 2))),
    histogram: histogram(values, bins),
    classMeans: Array.from({ length: classes }, (_, label) =>
      mean(values.filter((_, row) => labels[row] === label)),
    ),
    ...(cleanLabels !== undefined && {
      noise: noise(
        values.filter((_, row) => labels[row] === cleanLabels[row]),
        values.filter((_, row) => labels[row] !== cleanLabels[row]),
      ),
    }),
  }
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

function histogram(values: Float64Array, bins: number): TermSummary['histogram'] {
  const min = values.reduce((least, value) => Math.min(least, value), Infinity)
  const max = values.reduce((most, value) => Math.max(most, value), -Infinity)
  const counts = new Array<number>(bins).fill(0)
  const width = max > min ? (max - min) / bins : 1
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - min) / width))]! += 1
  return { min, max, counts }
}

/** The area under the curve from ranks (Mann-Whitney), ties at their mean rank. */
function noise(right: Float64Array, wrong: Float64Array): NonNullable<TermSummary['noise']> {
  const all = [
    ...Array.from(right, (value) => ({ value, isRight: true })),
    ...Array.from(wrong, (value) => ({ value, isRight: false })),
  ].sort((left, other) => left.value - other.value)
  let rankSum = 0
  for (let from = 0; from < all.length;) {
    let to = from
    while (to < all.length && all[to]!.value === all[from]!.value) to += 1
    for (let index = from; index < to; index++) if (all[index]!.isRight) rankSum += (from + to + 1) / 2
    from = to
  }
  return {
    meanWhereRight: mean(right),
    meanWhereWrong: mean(wrong),
    wrongBelowRight: (rankSum - (right.length * (right.length + 1)) / 2) / (right.length * wrong.length),
  }
}
