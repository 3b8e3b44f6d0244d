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
  const text = decodeText(bytes, fileName)
  let lines: string[][]
  try {
    lines = parse(text, { delimiter, skip_empty_lines: true, trim: true })
  } catch (error) {
    throw new KdError(`parseCsv: ${fileName} must be well-formed CSV, got: ${(error as Error).message}`, {
      hint: 'every row needs as many values as the first line has names',
      cause: error,
    })
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

/** Decodes UTF-8, and says where a file of another encoding stops to be that. */
function decodeText(bytes: Uint8Array, fileName: string): string {
  assertText(bytes, fileName)
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  try {
    if (!isUtf16) return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // The message below says more than the decoder's.
  }
  throw new KdError(
    `parseCsv: ${fileName} must be text in UTF-8, got ${isUtf16 ? 'UTF-16' : `another encoding from line ${badLine(bytes)} on`}`,
    {
      hint: 'save it as UTF-8 (Excel: "CSV UTF-8"), or convert it: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv (UTF-16 instead of WINDOWS-1252 for that)',
    },
  )
}

/** How files begin that are taken for CSV by mistake, and what to do with them. */
const otherFormats = [
  {
    start: 'PAR1',
    what: 'a Parquet file',
    hint: 'set the name of the data set to parquet, or call parseParquet',
  },
  {
    start: 'PK\u0003\u0004',
    what: 'a ZIP archive or a spreadsheet',
    hint: 'unpack it, or save the sheet as CSV in UTF-8',
  },
  { start: '\u001f\u008b', what: 'a gzip file', hint: 'unpack it first' },
] as const

/** Refuses a file that is known to be of another format. */
function assertText(bytes: Uint8Array, fileName: string): void {
  const begin = String.fromCharCode(...bytes.subarray(0, 4))
  const other = otherFormats.find(({ start }) => begin.startsWith(start))
  if (other === undefined) return
  throw new KdError(`parseCsv: ${fileName} must be text in UTF-8, got ${other.what}`, { hint: other.hint })
}

/** Returns the number of the first line that is no UTF-8. */
function badLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start)
    try {
      decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end))
    } catch {
      return line
    }
    start = end < 0 ? bytes.length : end + 1
  }
  return line
}
