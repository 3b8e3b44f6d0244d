import { toNumber } from './cell-number.js'
import type { Table } from './table.js'

/** Names under which pandas and R write the numbers of rows. */
const unnamed = /^(?:|unnamed: ?\d+|__index_level_\d+__)$/i
/** Names of columns that are row numbers when they count the rows. */
const counting = /^(?:index|id|row|rownames|level_0)$/i

/**
 * Returns the columns that hold nothing but numbers of rows: those without a name of their own whose integers are all different, and
 * those called `index` or `id` that count the rows from 0 or 1. A model would learn the order of the file from them.
 */
export function rowNumberColumns({ columns, rows }: Table): readonly string[] {
  return columns.filter((name, column) => {
    if (!unnamed.test(name) && !counting.test(name)) return false
    const numbers = rows.map((row) => toNumber(row[column]))
    if (unnamed.test(name)) return numbers.every(Number.isInteger) && new Set(numbers).size === numbers.length
    const [first] = numbers
    return (first === 0 || first === 1) && numbers.every((number, row) => number === first + row)
  })
}
