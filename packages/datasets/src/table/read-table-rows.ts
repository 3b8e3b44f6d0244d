import { assertPositive, KdError } from '@kd/core'
import type { FileHandle } from 'node:fs/promises'
import { nodeModule } from '../files/node-module.js'

/** A file of float32 numbers, row by row, little-endian, without a header. */
export interface TableFile {
  readonly path: string
  /** The number of columns, >= 1. */
  readonly columns: number
}

/** Options of {@link readTableRows}: the files to read. */
export interface TableRowsOptions<Name extends string> {
  /** The files of the tables by name; all must have the same number of rows. */
  readonly tables: Readonly<Record<Name, TableFile>>
  /** A file of one little-endian int32 number per row. */
  readonly labels: string
  /**
   * How many rows are read at a time.
   *
   * @defaultValue 4096
   */
  readonly rows?: number
}

/** Some rows of each table, by its name, and their labels. The next piece overwrites the arrays. */
export type TableRows<Name extends string> = {
  readonly [Table in Name]: { readonly values: Float32Array; readonly shape: readonly [number, number] }
} & { readonly labels: Int32Array }

/**
 * Reads tables that are larger than memory from files, a few rows at a time; only one piece of them is in memory. It is made
 * for the `stream` of `lastLayerInfluence` of @kd/selection, whose tables are `features` and `logits`.
 *
 * @param options - see {@link TableRowsOptions}
 * @returns the rows in order, piece by piece
 * @throws {@link KdError} when a file cannot be read or the files differ in their number of rows
 * @throws {@link InvalidArgumentError} when `rows` or `columns` is not > 0
 *
 * @example
 * ```ts
 * import { mkdtemp, rm, writeFile } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { readTableRows } from '@kd/datasets'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'rows-'))
 * await writeFile(join(folder, 'logits'), Float32Array.of(1, 2, 3, 4, 5, 6))
 * await writeFile(join(folder, 'labels'), Int32Array.of(1, 0, 1))
 * const tables = { logits: { path: join(folder, 'logits'), columns: 2 } }
 * const seen: string[] = []
 * for await (const { logits, labels } of readTableRows({ tables, labels: join(folder, 'labels'), rows: 2 }))
 *   seen.push(`${logits.values.join()}: ${labels.join()}`)
 * console.log(seen.join('; ')) // 1,2,3,4: 1,0; 5,6: 1
 * await rm(folder, { recursive: true })
 * ```
 */
export async function* readTableRows<Name extends string>(
  options: TableRowsOptions<Name>,
): AsyncGenerator<TableRows<Name>> {
  const { tables, labels, rows = 4096 } = options
  assertPositive(rows, 'rows', 'readTableRows')
  const described = Object.entries<TableFile>(tables).map(([name, file]) => ({ name, ...file }))
  for (const { name, columns } of described) assertPositive(columns, `${name}.columns`, 'readTableRows')
  const open: OpenFile[] = []
  try {
    for (const file of [...described, { name: 'labels', path: labels, columns: 1 }])
      open.push(await openFile(file, rows))
    const count = open[0]!.rows
    const other = open.find((file) => file.rows !== count)
    if (other !== undefined) {
      throw new KdError(
        `readTableRows: ${other.path} must have as many rows of ${other.columns} numbers as ${open[0]!.path}, ${count}, got ${other.rows}`,
        { hint: 'check columns; numbers take four bytes each and there is no header' },
      )
    }
    for (let from = 0; from < count; from += rows) {
      const piece: Record<string, unknown> = {}
      for (const file of open) piece[file.name] = await readPiece(file, from, Math.min(rows, count - from))
      yield piece as TableRows<Name>
    }
  } finally {
    await Promise.all(open.map(({ handle }) => handle.close()))
  }
}

interface OpenFile extends TableFile {
  readonly name: string
  readonly handle: FileHandle
  /** The number of rows in the file; a fraction when the last row is not whole. */
  readonly rows: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

async function openFile(file: TableFile & { readonly name: string }, rows: number): Promise<OpenFile> {
  const fs = nodeModule('node:fs/promises', 'readTableRows')
  try {
    const handle = await fs.open(file.path)
    const { size } = await handle.stat()
    return { ...file, handle, rows: size / file.columns / 4, bytes: new Uint8Array(rows * file.columns * 4) }
  } catch (error) {
    throw new KdError(
      `readTableRows: ${file.path} must be a readable file, got ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
}

async function readPiece(
  { name, path, handle, bytes, columns }: OpenFile,
  from: number,
  rows: number,
): Promise<unknown> {
  const length = rows * columns * 4
  for (let at = 0; at < length;) {
    const { bytesRead } = await handle.read(bytes, at, length - at, from * columns * 4 + at)
    if (bytesRead === 0) {
      throw new KdError(
        `readTableRows: ${path} must keep its length while it is read, got its end in row ${from}`,
      )
    }
    at += bytesRead
  }
  if (name === 'labels') return new Int32Array(bytes.buffer, 0, rows)
  return { values: new Float32Array(bytes.buffer, 0, rows * columns), shape: [rows, columns] }
}
