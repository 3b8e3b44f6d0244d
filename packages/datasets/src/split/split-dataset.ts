import { InvalidArgumentError, randomSource, type Dataset, type LabelArray } from '@kd/core'
import { chooseRows, gatherExamples, rowsUpTo } from '../rows.js'
import { toCount } from '../counts.js'
import { hasClasses } from '../labels/class-labels.js'

/** Options of {@link splitDataset}: the examples to hold out. */
export interface SplitDatasetOptions {
  /** Fraction in (0, 1), or number of examples, of the training split that becomes the validation split. */
  readonly validation?: number
  /** The same for a test split, for data that come without one; taken before the validation split. */
  readonly test?: number
  /** The same seed holds out the same examples. @defaultValue 0 */
  readonly seed?: number | string
  /** Whether classes keep their shares in each part; examples of other tasks are drawn at random. @defaultValue true */
  readonly stratified?: boolean
}

/**
 * Holds examples out of the training split. Examples keep their ids and their order.
 *
 * The test split is taken first, and the fraction for validation is one of what it leaves: `{ test: 0.1, validation: 0.1 }`
 * leaves 81 %.
 * With `stratified`, class c gives count * N_c / N examples, rounded by largest remainder.
 *
 * Split before {@link corruptLabels}, so that what is held out stays clean.
 *
 * @param dataset - the data set; it is not changed
 * @param options - what to hold out
 * @returns a data set with a smaller training split
 * @throws {@link InvalidArgumentError} when nothing is asked for, a part is empty or all, or the split exists already
 *
 * @example
 * ```ts
 * import { loadDataset, splitDataset } from '@kd/datasets'
 *
 * const digits = splitDataset(await loadDataset({ name: 'digits' }), { validation: 0.1, seed: 7 })
 * console.log(digits.train.labels.length, digits.validation?.labels.length) // 1293 144
 * ```
 */
export function splitDataset<Labels extends LabelArray>(
  dataset: Dataset<Labels>,
  options: SplitDatasetOptions,
): Dataset<Labels> {
  const { seed = 0 } = options
  const stratified = (options.stratified ?? true) && hasClasses(dataset)
  if (options.validation === undefined && options.test === undefined) {
    throw new InvalidArgumentError('splitDataset: validation or test must be given, got neither')
  }
  let split = dataset
  for (const part of ['test', 'validation'] as const) {
    const value = options[part]
    if (value === undefined) continue
    if (dataset[part] !== undefined) {
      throw new InvalidArgumentError(
        `splitDataset: ${part} must not be asked for where a ${part} split exists, got ${value}`,
        { hint: `the data set ${dataset.name} already has ${dataset[part].ids.length} ${part} examples` },
      )
    }
    const examples = split.train
    const total = examples.ids.length
    const count = toCount({ value, total, argument: part, functionName: 'splitDataset' })
    const heldOut = chooseRows({ examples, count, stratified, random: randomSource(seed).split(part) })
    const isHeldOut = new Set(heldOut)
    const kept = rowsUpTo(total).filter((row) => !isHeldOut.has(row))
    split = {
      ...split,
      train: gatherExamples(examples, kept),
      [part]: gatherExamples(examples, heldOut),
    }
  }
  return split
}
