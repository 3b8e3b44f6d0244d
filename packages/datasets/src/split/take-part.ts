import { InvalidArgumentError, randomSource, type Dataset, type LabelArray } from '@kd/core'
import { gatherExamples, rowsUpTo } from '../rows.js'

/** Options of {@link takePart}: the part to keep. */
export interface TakePartOptions {
  /** The number of the part to keep, from 1. */
  readonly number: number
  /** How many parts there are, from 1. */
  readonly of: number
  /** Each seed divides the examples into other parts. @defaultValue 0 */
  readonly seed?: number | string
}

/**
 * Keeps one of several disjoint, equally large parts of the training examples, drawn at random: students of different parts
 * share no example, so the variance between them can be measured. Classes do not keep their shares. What cannot be divided
 * evenly is in no part. Ids and order are kept.
 *
 * @param dataset - the data set; it is not changed
 * @param options - which part of how many
 * @returns the data set with that part of its training split
 * @throws {@link InvalidArgumentError} when there is no such part, or it would be empty
 *
 * @example
 * ```ts
 * import { loadDataset, takePart } from '@kd/datasets'
 *
 * const digits = await loadDataset({ name: 'digits' })
 * const fifth = takePart(digits, { number: 1, of: 5 })
 * console.log(digits.train.labels.length, fifth.train.labels.length) // 1437 287
 * ```
 * @see Yang et al. 2020, "Rethinking bias-variance trade-off for generalization of neural networks", arXiv 2002.11328
 */
export function takePart<Labels extends LabelArray>(
  dataset: Dataset<Labels>,
  { number, of, seed = 0 }: TakePartOptions,
): Dataset<Labels> {
  const total = dataset.train.ids.length
  if (!Number.isInteger(of) || of < 1 || of > total)
    throw new InvalidArgumentError(
      `takePart: of must be a whole number from 1 to ${total} examples, got ${of}`,
    )
  if (!Number.isInteger(number) || number < 1 || number > of)
    throw new InvalidArgumentError(`takePart: number must be a whole number from 1 to ${of}, got ${number}`)
  const size = Math.floor(total / of)
  const order = randomSource(seed).split('parts').shuffle(rowsUpTo(total))
  const rows = order.slice((number - 1) * size, number * size).sort()
  return { ...dataset, train: gatherExamples(dataset.train, rows) }
}
