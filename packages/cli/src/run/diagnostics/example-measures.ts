import type { Dataset } from '@kd/core'
import type { ExampleMeasure, MeasuredExample } from '@kd/report'
import { exampleImages } from './example-image.js'
import { spreadOf } from '../log/spread.js'

const BINS = 40
/** Examples at each end. */
const ENDS = 12

/** Numbers per training example, and what they say. */
export interface Measure {
  readonly name: string
  readonly meaning: string
  /** One for each row of the training split. */
  readonly values: ArrayLike<number>
}

/**
 * Describes numbers per training example by their spread and by the examples at both ends.
 *
 * @param dataset - of the examples
 * @param predictions - of the first teacher, by row; -1 where it has none
 * @param measures - of the same rows; values that are not finite are left out, and measures of nothing else
 * @returns plain data
 */
export function exampleMeasures(
  dataset: Dataset,
  predictions: ArrayLike<number>,
  measures: readonly Measure[],
): ExampleMeasure[] {
  const { ids, labels } = dataset.train
  const image = exampleImages(dataset)
  const describe = (row: number, value: number): MeasuredExample => {
    const [picture, prediction] = [image(row), predictions[row]]
    return {
      id: ids[row]!,
      value,
      label: labels[row]!,
      ...(prediction !== undefined && prediction >= 0 && { prediction }),
      ...(picture !== undefined && { image: picture }),
    }
  }
  return measures.flatMap(({ name, meaning, values }) => {
    const order = Array.from(values, (_, row) => row)
      .filter((row) => Number.isFinite(values[row]))
      .sort((a, b) => values[b]! - values[a]!)
    if (order.length === 0) return []
    const ends = (rows: readonly number[]): MeasuredExample[] =>
      rows.map((row) => describe(row, values[row]!))
    const { min, max, counts } = spreadOf(
      order.map((row) => values[row]!),
      BINS,
    ).histogram
    const width = (max - min) / BINS || 1
    return {
      name,
      meaning,
      edges: Array.from({ length: BINS + 1 }, (_, bin) => min + bin * width),
      counts,
      highest: ends(order.slice(0, ENDS)),
      lowest: ends(order.slice(-ENDS).reverse()),
    }
  })
}
