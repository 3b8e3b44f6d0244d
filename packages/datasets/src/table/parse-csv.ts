import { KdError } from '@kd/core'
import type { Table } from './table.js'

/** Options of {@link parseCsv}. */
export interface ParseCsvOptions {
  /** The name of the file, for error messages. @defaultValue 'table' */
  readonly fileName?: string
  /** The character between values. @defaultValue ',' */
  readonly delimiter?: string
}

/**
 * Reads comma-separated values whose first line names the columns (RFC 4180 quoting, UTF-8).
 *
 * @param bytes - the file
 * @param options - its name, and its delimiter
 * @returns the table, each value still a text
 * @throws {@link KdError} when rows differ in length, quotes do not close, or there is no row
 *
 * @example
 * ```ts
 * import { parseCsv, tableExamples } from '@kd/datasets'
 *
 * const bytes = new TextEncoder().encode('length,width,kind\n1.5,0.2,setosa\n4.7,1.4,versicolor\n')
 * const { classNames } = tableExamples(await parseCsv(bytes), { label: 'kind' })
 * console.log(classNames) // ['setosa', 'versicolor']
 * ```
 */
export async function parseCsv(bytes: Uint8Array, options: ParseCsvOptions = {}): Promise<Table> {
  const { fileName = 'table', delimiter = ',' } = options
  // The build for browsers is the one that needs no polyfill for Buffer; it runs in Node as well.
  const { parse } = await import('csv-parse/browser/esm/sync')
  let lines: string[][]
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    lines = parse(text, { delimiter, skip_empty_lines: true, trim: true })
  } catch (error) {
    throw new KdError(
      `parseCsv: ${fileName} must be well-formed CSV in UTF-8, got: ${(error as Error).message}`,
      {
        hint: 'every row needs as many values as the first line has names',
        cause: error,
      },
    )
  }
  const [columns, ...rows] = lines
  if (columns === undefined || rows.length === 0) {
    throw new KdError(
      `parseCsv: ${fileName} must have a line of column names and at least one row, got ${lines.length} lines`,
      {
        hint: 'the file is empty or truncated',
      },
    )
  }
  return { fileName, columns, rows }
}
