import { KdError } from '@kd/core'
import type { Table } from './table.js'

/**
 * Reads a Parquet file with flat columns, in any of the format's usual compressions. Only from where you trust: a file whose run
 * lengths were tampered with can keep the decoder busy for a very long time.
 *
 * @param bytes - the file
 * @param fileName - its name, for messages
 * @returns the table; nulls stay null, 64-bit integers are bigints
 * @throws {@link KdError} when it is not a whole Parquet file or has no row
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
  const [{ parquetMetadata, parquetRead, parquetSchema }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ])
  const file = bytes.slice().buffer
  let rows: unknown[][] = []
  let columns: string[]
  try {
    columns = parquetSchema(parquetMetadata(file)).children.map(({ element }) => element.name)
    await parquetRead({
      file,
      compressors,
      rowFormat: 'array',
      onComplete: (read) => (rows = read as unknown[][]),
    })
  } catch (error) {
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
  return { fileName, columns, rows }
}
