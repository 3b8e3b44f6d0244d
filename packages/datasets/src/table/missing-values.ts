import { KdError } from '@kd/core'
import { isMissingNumber } from './cell-number.js'
import { isMissing } from './label-text.js'
import { columnOf, type Table } from './table.js'

/** What is done about empty cells: they are refused, their rows left out, or numbers filled in from the training file's column. */
export const missingChoices = ['refuse', 'drop', 'mean', 'median'] as const
export type Missing = (typeof missingChoices)[number]

/**
 * Leaves out the rows that lack a value in a column that is used.
 *
 * @param table - as read
 * @param used - `numbers` and `texts`: the names of the columns, since a word such as NA is a missing number but may be a text
 * @throws {@link KdError} when no row is left
 */
export function withoutMissing(
  table: Table,
  used: { readonly numbers: readonly string[]; readonly texts: readonly string[] },
): Table {
  const numbers = used.numbers.map((name) => columnOf(table, name))
  const texts = used.texts.map((name) => columnOf(table, name))
  const kept = [...table.rows.keys()].filter((row) => {
    const values = table.rows[row]!
    return (
      !numbers.some((column) => isMissingNumber(values[column])) &&
      !texts.some((column) => isMissing(values[column]))
    )
  })
  if (kept.length === 0) {
    throw new KdError(
      `tableExamples: ${table.fileName} must have a row without missing values, got ${table.rows.length} rows that lack one`,
      { hint: 'leave a column that is mostly empty out of features, or fill in with missing: mean' },
    )
  }
  return { ...table, rows: kept.map((row) => table.rows[row]!), rowNumbers: Int32Array.from(kept) }
}

/** Returns the number that is filled in for missing ones: the mean or the median of those that are there, 0 where there are none. */
export function fillOf(numbers: readonly number[], how: 'mean' | 'median'): number {
  if (numbers.length === 0) return 0
  if (how === 'mean') return numbers.reduce((sum, value) => sum + value / numbers.length, 0)
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
