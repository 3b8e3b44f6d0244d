import { randomSource, type Dataset, type LabelArray } from '@kd/core'
import { chooseRows, gatherExamples } from '../rows.js'
import { toCount } from '../counts.js'
import { hasClasses } from '../labels/class-labels.js'

/** Options of {@link takeExamples}: how many examples to keep. Splits that are not named stay whole. */
export interface TakeExamplesOptions {
  /** Fraction in (0, 1), or number of examples, to keep of the training split. */
  readonly train?: number
  /** The same for the validation split. */
  readonly validation?: number
  /** The same for the test split. */
  readonly test?: number
  /** The same seed keeps the same examples. @defaultValue 0 */
  readonly seed?: number | string
  /** Whether classes keep their shares; examples of other tasks are drawn at random. @defaultValue true */
  readonly stratified?: boolean
}

/**
 * Keeps part of the examples, for quick runs and for curves over the amount of data. Ids and order are kept.
 *
 * @param dataset - the data set; it is not changed
 * @param options - how many to keep of which split; a count as large as the split, or larger, keeps all of it
 * @returns the smaller data set
 * @throws {@link InvalidArgumentError} when a value is neither a fraction in (0, 1) nor a whole number from 1
 *
 * @example
 * ```ts
 * import { loadDataset, takeExamples } from '@kd/datasets'
 *
 * const few = takeExamples(await loadDataset({ name: 'digits' }), { train: 100 })
 * console.log(few.train.labels.length, few.test?.labels.length) // 100 360
 * ```
 */
export function takeExamples<Labels extends LabelArray>(
  dataset: Dataset<Labels>,
  options: TakeExamplesOptions,
): Dataset<Labels> {
  const { seed = 0 } = options
  const stratified = (options.stratified ?? true) && hasClasses(dataset)
  let taken = dataset
  for (const part of ['train', 'validation', 'test'] as const) {
    const value = options[part]
    const examples = dataset[part]
    if (value === undefined || examples === undefined) continue
    const total = examples.ids.length
    if (Number.isInteger(value) && value >= total) continue
    const count = toCount({ value, total, argument: part, functionName: 'takeExamples' })
    const rows = chooseRows({ examples, count, stratified, random: randomSource(seed).split(part) })
    taken = { ...taken, [part]: gatherExamples(examples, rows) }
  }
  return taken
}
