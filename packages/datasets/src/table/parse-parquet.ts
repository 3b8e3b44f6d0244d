import { KdError } from '@kd/core'
import type { SchemaTree } from 'hyparquet'
import { checkedParquet } from './parquet/checked-parquet.js'
import { memoryBudget } from './parquet/memory-budget.js'
import { exactDecoders, exactTimestamps } from './parquet/exact-values.js'
import { assertDistinct, type Table } from './table.js'

/**
 * Reads a Parquet file with flat columns, in any of the format's usual compressions. Counts and sizes are checked before values
 * are decoded by them, so that a damaged file ends in an error, whatever its bytes claim.
 *
 * @param bytes - the file
 * @param fileName - its name, for messages
 * @returns the table; nulls stay null, 64-bit integers are bigints, decimals of more than 15 digits are texts, times finer than a millisecond are texts, and bytes that are no UTF-8 stay bytes
 * @throws {@link KdError} when it is not a whole Parquet file, has no row, or cannot fit into the memory of this process
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parseParquet, tableExamples } from '@kd/datasets'
 *
 * async function flowers(path: string) {
 *   return tableExamples(await parseParquet(await readFile(path), path), { label: 'species' })
 * }
 * console.log(typeof flowers)
 * ```
 */
export async function parseParquet(bytes: Uint8Array, fileName = 'table'): Promise<Table> {
  const { parquetRead, parquetSchema } = await import('hyparquet')
  // A Buffer's own slice would be a view of a larger memory.
  const file = new Uint8Array(bytes).buffer
  let rows: unknown[][] = []
  let columns: SchemaTree[]
  try {
    const checked = await checkedParquet(file, memoryBudget(fileName))
    columns = parquetSchema(checked.metadata).children
    assertDistinct(
      columns.map(({ element }) => element.name),
      `the columns of ${fileName}`,
      'parseParquet',
    )
    const decoders = exactDecoders(columns)
    await parquetRead({
      file,
      ...checked,
      rowFormat: 'array',
      parsers: exactTimestamps,
      // A column of bytes need not be text in UTF-8; those that are declared as text are decoded all the same.
      utf8: false,
      onComplete: (read) => (rows = read as unknown[][]),
    })
    for (const row of rows) for (const [column, decode] of decoders) row[column] = decode(row[column])
    assertWhole(rows, columns)
  } catch (error) {
    if (KdError.isInstance(error)) throw error
    throw new KdError(
      `parseParquet: ${fileName} must be a whole Parquet file, got: ${(error as Error).message}`,
      {
        hint: 'the file is truncated, damaged or of another format: write or fetch it again',
        cause: error,
      },
    )
  }
  if (rows.length === 0) {
    throw new KdError(`parseParquet: ${fileName} must have at least one row, got 0`)
  }
  return { fileName, columns: columns.map(({ element }) => element.name), rows }
}

/**
 * Checks that rows are whole and no value of a flat column is undefined, to which an index outside its dictionary is decoded. In
 * nested columns a null is decoded to undefined as well, so they are left out.
 */
function assertWhole(rows: readonly (readonly unknown[])[], columns: readonly SchemaTree[]): void {
  const flat = columns.map(({ children }) => children.length === 0)
  for (const row of rows) {
    if (row.length !== columns.length) throw new RangeError(`${row.length} of ${columns.length} columns`)
    if (row.some((value, index) => value === undefined && flat[index]))
      throw new RangeError('a value that is not there')
  }
}
