import { taskOf, type AnyDataset } from '@kd/core'
import { UsageError } from '../../config/usage-error.js'
import { answerSplits, type AnswerSplit } from '../../run/answers/answer-manifest.js'
import { ANSWER_BATCH } from '../job/answer-shards.js'

/** What of a teacher's answers is kept, and how. */
export interface AnswerForm {
  readonly splits: readonly AnswerSplit[]
  readonly dtype: 'float32' | 'float16'
  /** Absent for all logits. */
  readonly top?: number
  readonly rowsPerShard: number
}

/** A form as a person asks for it. */
export interface AnswerFormOptions {
  /** Which examples. @defaultValue all splits that the data set has */
  readonly splits?: readonly AnswerSplit[]
  /** @defaultValue 'float32' */
  readonly dtype?: 'float32' | 'float16'
  /** Keep so many of the greatest logits of each example, and one number for the others. @defaultValue all */
  readonly top?: number
  /** Examples of a shard, a multiple of 250. @defaultValue 10,000, or fewer, so that a shard has about 16 MB at most */
  readonly shardRows?: number
}

const SHARD_BYTES = 16e6
const SHARD_ROWS = 10_000

/**
 * Checks a form against the data, and fills defaults in.
 *
 * @param options - as asked for
 * @param dataset - that teachers are asked about
 * @returns the form
 * @throws {@link UsageError} naming the option that does not fit
 */
export function answerForm(
  { dtype = 'float32', top, ...options }: AnswerFormOptions,
  dataset: AnyDataset,
): AnswerForm {
  const there = answerSplits.filter((split) => dataset[split] !== undefined)
  const splits = answerSplits.filter((split) => (options.splits ?? there).includes(split))
  const missing = (options.splits ?? []).find((split) => !there.includes(split))
  if (missing !== undefined || splits.length === 0)
    throw new UsageError(
      `--splits must be of those that ${dataset.name} has, ${there.join(', ')}, got ${missing ?? 'none'}`,
    )
  const classes = dataset.classNames.length
  const { name, outputShape } = taskOf(dataset)
  if (outputShape.join() !== String(classes)) {
    throw new UsageError(
      `kd keep-answers must have a task of ${classes} outputs, got ${name} with outputs of [${outputShape.join(', ')}]`,
    )
  }
  if (top !== undefined && name !== 'classification')
    throw new UsageError(`--top must come with the task classification, got ${name}`)
  if (top !== undefined && !(Number.isInteger(top) && top >= 1 && top < classes))
    throw new UsageError(`--top must be a whole number below the ${classes} classes, got ${top}`)
  if (top !== undefined && classes > 2 ** 16)
    throw new UsageError(`--top must come with at most 65536 classes, got ${classes}`)
  const rowsPerShard =
    options.shardRows ?? defaultRows(rowBytes({ dtype, ...(top !== undefined && { top }) }, classes))
  // Of whole batches: those in which a run asks its teacher.
  if (rowsPerShard % ANSWER_BATCH !== 0 || rowsPerShard < ANSWER_BATCH)
    throw new UsageError(`--shard-rows must be a multiple of ${ANSWER_BATCH}, got ${rowsPerShard}`)
  return { splits, dtype, rowsPerShard, ...(top !== undefined && { top }) }
}

/**
 * Bytes of one example's answers: its id, and all logits, or the greatest with their classes and one for the others.
 *
 * @param form - how they are kept
 * @param classes - C, how many outputs there are
 * @returns without the headers of files
 */
export function rowBytes({ dtype, top }: Pick<AnswerForm, 'dtype' | 'top'>, classes: number): number {
  const number = dtype === 'float32' ? 4 : 2
  return 4 + (top === undefined ? classes * number : top * (number + 2) + number)
}

function defaultRows(bytes: number): number {
  return Math.max(1, Math.floor(Math.min(SHARD_ROWS, SHARD_BYTES / bytes) / ANSWER_BATCH)) * ANSWER_BATCH
}
