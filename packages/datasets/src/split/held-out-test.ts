import type { Dataset, LabelArray } from '@kd/core'
import { splitDataset } from './split-dataset.js'

/**
 * Holds a test split out of data that came without one.
 *
 * @param dataset - as it was read
 * @param test - share or number of examples; 0 and undefined hold out none
 * @param seed - of what is held out
 * @returns the data set with a test split, or as it was
 */
export function withHeldOutTest<Labels extends LabelArray>(
  dataset: Dataset<Labels>,
  test: number | undefined,
  seed: number | string = 0,
): Dataset<Labels> {
  if (test === undefined || test === 0 || dataset.test !== undefined) return dataset
  return splitDataset(dataset, { test, seed })
}
