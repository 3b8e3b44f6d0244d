import { InvalidArgumentError, KdError, type LogitTable } from '@kd/core'
import { parseParquet } from './parse-parquet.js'

const functionName = 'parquetLogitTable'

/** Options of {@link parquetLogitTable}: the columns. */
export interface ParquetLogitTableOptions {
  /** The column with a list of C logits in each row, or the C columns with one each. @defaultValue 'logits' */
  readonly logits?: string | readonly string[]
  /** The column with the ids of the examples. @defaultValue 'id', where the file has it; otherwise the numbers of the rows */
  readonly id?: string
  /** The name of the file, for messages. @defaultValue 'table' */
  readonly fileName?: string
}

/**
 * Reads the logits that a teacher gave elsewhere from a Parquet file.
 *
 * @param bytes - the whole file
 * @param options - see {@link ParquetLogitTableOptions}
 * @returns what `logitTables` of `@kd/core` takes
 * @throws {@link InvalidArgumentError} when a column does not exist
 * @throws {@link KdError} when the file is damaged, a row has another number of logits or something else than numbers, or an id is no
 * int32
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { logitTables } from '@kd/core'
 * import { parquetLogitTable } from '@kd/datasets'
 *
 * async function teacher(path: string) {
 *   return logitTables({ train: await parquetLogitTable(await readFile(path), { fileName: path }) })
 * }
 * console.log(typeof teacher) // function
 * ```
 */
export async function parquetLogitTable(
  bytes: Uint8Array,
  { logits = 'logits', id, fileName = 'table' }: ParquetLogitTableOptions = {},
): Promise<LogitTable> {
  const { columns, rows } = await parseParquet(bytes, fileName)
  const columnOf = (name: string): number => {
    const index = columns.indexOf(name)
    if (index >= 0) return index
    throw new InvalidArgumentError(
      `${functionName}: ${fileName} must have a column ${name}, got ${columns.join(', ').slice(0, 1000)}`,
    )
  }
  const names = typeof logits === 'string' ? undefined : logits.map(columnOf)
  const list = typeof logits === 'string' ? columnOf(logits) : -1
  const values = rows.map((row) => (names === undefined ? row[list] : names.map((column) => row[column])))
  const [first] = values
  const classes = Array.isArray(first) || ArrayBuffer.isView(first) ? Array.from(first as number[]).length : 0
  const table = new Float32Array(rows.length * classes)
  for (const [index, row] of values.entries()) {
    const numbers = Array.isArray(row) || ArrayBuffer.isView(row) ? Array.from(row as number[]) : []
    if (numbers.length !== classes || classes === 0 || !numbers.every((value) => typeof value === 'number')) {
      throw new KdError(
        `${functionName}: ${fileName} must have a list of ${classes || 'C'} numbers in each row, got ${(JSON.stringify(row, withoutBigInts) ?? 'nothing').slice(0, 200)} in row ${index}`,
      )
    }
    table.set(numbers, index * classes)
  }
  const idColumn = id ?? (columns.includes('id') ? 'id' : undefined)
  if (idColumn === undefined) return { logits: table, classes }
  const column = columnOf(idColumn)
  const ids = Int32Array.from(rows, (row, index) => {
    const value = row[column]
    const found = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : NaN
    if (Number.isInteger(found) && found >= -(2 ** 31) && found < 2 ** 31) return found
    throw new KdError(
      `${functionName}: ${fileName} must have an integer of 32 bits in column ${idColumn}, got ${String(value).slice(0, 100)} in row ${index}`,
    )
  })
  return { logits: table, classes, ids }
}

/** JSON has no bigint. */
function withoutBigInts(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
