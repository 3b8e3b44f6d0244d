import type { Split } from '../dataset/dataset.js'
import { InvalidArgumentError, KdError, ShapeError } from '../errors.js'
import type { KeptAnswers } from './kept-answers.js'

/** Logits that a teacher gave elsewhere, one row per example. */
export interface LogitTable {
  /** [N, C] row by row, finite. */
  readonly logits: Float32Array
  /** C, an integer >= 1. */
  readonly classes: number
  /** [N] the `Examples.ids` of the rows, each once. @defaultValue the numbers of the rows, from 0 */
  readonly ids?: Int32Array
}

/**
 * Makes a teacher of tables of logits, which any program may have written: a row is found by the id of its example, or by the number
 * of the row where a table has no ids.
 *
 * @param tables - one for each split that a run asks about. Splits that come from one file, as train and validation after
 * `splitDataset`, have one table: give it to both.
 * @param options - `fixed`: see {@link KeptAnswers}
 * @returns what a run takes as a teacher
 * @throws {@link ShapeError} when a table does not have N rows of C logits, or as many ids
 * @throws {@link InvalidArgumentError} when a logit is not finite, or an id is there twice
 *
 * @example
 * ```ts
 * import { logitTables } from '@kd/core'
 *
 * const train = { logits: new Float32Array([2, 0, 0, 2]), classes: 2, ids: Int32Array.of(7, 3) }
 * const teacher = logitTables({ train, validation: train })
 * console.log([...teacher.keptLogits('train', Int32Array.of(3))]) // [ 0, 2 ]
 * ```
 */
export function logitTables(
  tables: Readonly<Partial<Record<Split, LogitTable>>>,
  { fixed = false }: { readonly fixed?: boolean } = {},
): KeptAnswers {
  const found = new Map(
    Object.entries(tables).map(([split, table]) => [split, { ...table, rows: checkedRows(table, split) }]),
  )
  return {
    fixed,
    keptLogits(split, ids) {
      const table = found.get(split)
      if (table === undefined) {
        throw new KdError(
          `logitTables: there must be a table for ${split}, got ${[...found.keys()].join(', ')}`,
          {
            hint: `write the teacher's logits about the ${split} split as well`,
          },
        )
      }
      const { logits, classes, rows } = table
      const answer = new Float32Array(ids.length * classes)
      ids.forEach((id, index) => {
        const row = rows === undefined ? id : rows.get(id)
        if (row === undefined || row < 0 || row >= logits.length / classes) {
          throw new KdError(
            `logitTables: the table for ${split} must have a row for every example, got none for id ${id}`,
            {
              hint: `ids are rows of the data set's own file; the table has ${logits.length / classes} rows`,
            },
          )
        }
        answer.set(logits.subarray(row * classes, (row + 1) * classes), index * classes)
      })
      return answer
    },
  }
}

/** Checks a table and returns the row of each id, or undefined where the numbers of the rows are the ids. */
function checkedRows(
  { logits, classes, ids }: LogitTable,
  split: string,
): ReadonlyMap<number, number> | undefined {
  const rows = logits.length / classes
  if (!Number.isInteger(classes) || classes < 1 || !Number.isInteger(rows))
    throw new ShapeError(
      `logitTables: ${split} must have rows of C logits, got ${logits.length} logits with C ${classes}`,
    )
  const wrong = logits.findIndex((value) => !Number.isFinite(value))
  if (wrong !== -1) {
    throw new InvalidArgumentError(
      `logitTables: logits of ${split} must be finite, got ${logits[wrong]} in row ${Math.floor(wrong / classes)}`,
      { hint: 'the logarithm of a probability of 0 is none: write logits from before the softmax' },
    )
  }
  if (ids === undefined) return undefined
  if (ids.length !== rows)
    throw new ShapeError(`logitTables: ${split} must have an id for each of ${rows} rows, got ${ids.length}`)
  const byId = new Map<number, number>()
  for (const [row, id] of ids.entries()) {
    if (byId.has(id))
      throw new InvalidArgumentError(`logitTables: ids of ${split} must be there once, got ${id} twice`)
    byId.set(id, row)
  }
  return byId
}
