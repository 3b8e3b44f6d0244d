import type { Compressors, FileMetaData } from 'hyparquet'
import { checkPage, type PageForm } from './check-page.js'
import { checkThrift } from './check-thrift.js'
import { chunkPages, type Chunk } from './chunk-pages.js'
import { decompressors, type Codec, type Decompress } from './decompressors.js'
import type { MemoryBudget } from './memory-budget.js'

/** The checked metadata and the decompressors with which hyparquet reads a file. */
export interface CheckedParquet {
  readonly metadata: FileMetaData
  readonly compressors: Compressors
}

/**
 * Checks the counts and sizes of a Parquet file against each other before something is decoded by them, and gives back
 * decompressors that check each page as soon as it is unpacked. hyparquet does not check them: a few changed bytes keep it
 * busy for minutes, or let it fill the memory.
 *
 * @param file - the whole file
 * @param spend - takes the memory that the table will need
 * @throws RangeError when a count or size does not fit, or whatever hyparquet throws
 */
export async function checkedParquet(file: ArrayBuffer, spend: MemoryBudget): Promise<CheckedParquet> {
  const { parquetMetadata } = await import('hyparquet')
  checkFooter(file)
  const metadata = parquetMetadata(file)
  const chunks = await chunksOf(file, metadata, spend)
  return { metadata, compressors: await checkedCompressors(chunks, spend) }
}

function checkFooter(file: ArrayBuffer): void {
  const view = new DataView(file)
  const end = file.byteLength - 8
  const length = end > 0 ? view.getUint32(end, true) : 0
  // hyparquet itself reports a file that is not Parquet at all.
  if (length > 0 && length <= end) checkThrift({ view: new DataView(file, end - length, length), offset: 0 })
}

async function chunksOf(file: ArrayBuffer, metadata: FileMetaData, spend: MemoryBudget): Promise<Chunk[]> {
  const [{ parquetSchema }, { parquetPlan }, { getTreePath }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet/src/plan.js'),
    import('hyparquet/src/schema.js'),
  ])
  const { groups } = parquetPlan({ file, metadata })
  const rows = groups.reduce((sum, { groupRows }) => sum + groupRows, 0)
  if (rows !== Number(metadata.num_rows))
    throw new RangeError(`${metadata.num_rows} rows in groups of ${rows}`)
  const tree = parquetSchema(metadata)
  let left = file.byteLength
  return groups.flatMap(({ groupRows, chunks }) => {
    // A row needs an array and a place in two lists, each value a place in the row and one in the column.
    spend(groupRows * (72 + 16 * chunks.length))
    return chunks.map(({ columnMetadata: meta, range: { startByte, endByte } }) => {
      left -= endByte - startByte
      if (!(startByte >= 0 && startByte <= endByte && endByte <= file.byteLength && left >= 0))
        throw new RangeError(`a column in bytes ${startByte} to ${endByte} of ${file.byteLength}`)
      const bytes = new Uint8Array(file, startByte, endByte - startByte)
      return { bytes, meta, rows: groupRows, path: getTreePath(tree, meta.path_in_schema) }
    })
  })
}

/**
 * Makes a decompressor for each column of each group, under a codec name of its own: hyparquet gives a decompressor nothing but
 * bytes, and their position in the column tells which page they are.
 */
async function checkedCompressors(chunks: readonly Chunk[], spend: MemoryBudget): Promise<Compressors> {
  const [{ parquetHeader }, { deltaBinaryUnpack }, schema] = await Promise.all([
    import('hyparquet/src/column.js'),
    import('hyparquet/src/delta.js'),
    import('hyparquet/src/schema.js'),
  ])
  const check = (bytes: Uint8Array, form: PageForm): void => spend(checkPage(bytes, form, deltaBinaryUnpack))
  const unpackers = await decompressors(new Set(chunks.map(({ meta }) => meta.codec)))
  const compressors: Record<string, Decompress> = {}
  for (const [index, chunk] of chunks.entries()) {
    const unpack = unpackers(chunk.meta.codec)
    const pages = chunkPages(chunk, { schema, parquetHeader, spend, check })
    const codec = `checked ${index}`
    chunk.meta.codec = codec as Codec
    compressors[codec] = (packed, length) => {
      const bytes = ownBytes(unpack(packed, length))
      const form = pages.get(packed.byteOffset)
      if (bytes.length !== length || !pages.has(packed.byteOffset))
        throw new RangeError(`a page of ${bytes.length} bytes instead of ${length}`)
      if (form !== undefined) check(bytes, form)
      return bytes
    }
  }
  return compressors
}

/** Returns bytes in a buffer of their own, so that a text that claims to be longer than its page cannot reach the next one. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}
