import type { ColumnMetaData, PageHeader, SchemaTree } from 'hyparquet'
import type * as column from 'hyparquet/src/column.js'
import type * as schema from 'hyparquet/src/schema.js'
import { checkLevels, type PageForm } from './check-page.js'
import { checkThrift } from './check-thrift.js'
import type { MemoryBudget } from './memory-budget.js'

/** The largest page that is read: writers make smaller ones, and the decompressors cannot hold much more. */
const LONGEST_PAGE = 2 ** 30

/** One column of one group of rows. */
export interface Chunk {
  readonly bytes: Uint8Array
  readonly meta: ColumnMetaData
  readonly rows: number
  readonly path: SchemaTree[]
}

/** The parts of hyparquet and of the caller that {@link chunkPages} needs. */
export interface Walk {
  readonly schema: typeof schema
  readonly parquetHeader: typeof column.parquetHeader
  readonly spend: MemoryBudget
  /** Checks a page whose values are not packed. */
  readonly check: (bytes: Uint8Array, form: PageForm) => void
}

/**
 * Goes through the headers of a column's pages in the way in which hyparquet will, and checks them.
 *
 * @returns the form of each page, or undefined for a dictionary, by the position of the page's packed bytes
 * @throws RangeError when a count or a size does not fit the others
 */
export function chunkPages(chunk: Chunk, walk: Walk): Map<number, PageForm | undefined> {
  const { path, meta, rows } = chunk
  const { getMaxDefinitionLevel, getMaxRepetitionLevel, isFlatColumn } = walk.schema
  const column = {
    type: meta.type,
    typeLength: path.at(-1)!.element.type_length ?? 0,
    maxDefinitionLevel: getMaxDefinitionLevel(path),
    maxRepetitionLevel: getMaxRepetitionLevel(path),
  }
  const flat = isFlatColumn(path)
  const view = new DataView(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.byteLength)
  const pages = new Map<number, PageForm | undefined>()
  let [offset, values] = [0, 0]
  while ((!flat || values < rows) && offset < view.byteLength - 1) {
    checkThrift({ view, offset })
    const reader = { view, offset }
    const header = walk.parquetHeader(reader)
    assertSizes(header, view.byteLength - reader.offset)
    offset = reader.offset + header.compressed_page_size
    if (header.type === 'DICTIONARY_PAGE') {
      pages.set(reader.offset, undefined)
      continue
    }
    const form = { ...column, ...dataPage(header) }
    values += form.count
    if (flat && values > rows) break
    if (!flat) walk.spend(16 * form.count)
    const levels = checkedLevels(chunk.bytes.subarray(reader.offset, offset), header, form)
    if (header.data_page_header_v2?.is_compressed === false)
      walk.check(chunk.bytes.subarray(reader.offset + levels, offset), form)
    else pages.set(reader.offset + levels, form)
  }
  if (flat && values !== rows)
    throw new RangeError(`${values} values of ${path.at(-1)!.element.name} in ${rows} rows`)
  return pages
}

function assertSizes(header: PageHeader, left: number): void {
  const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header
  if (!(packed >= 0 && packed <= left))
    throw new RangeError(`a page of ${packed} bytes where ${left} are left`)
  if (!(unpacked >= 0 && unpacked <= LONGEST_PAGE)) throw new RangeError(`a page of ${unpacked} bytes`)
}

function dataPage({
  type,
  data_page_header,
  data_page_header_v2,
}: PageHeader): Pick<PageForm, 'encoding' | 'count' | 'nulls'> {
  const header =
    type === 'DATA_PAGE_V2' ? data_page_header_v2 : type === 'DATA_PAGE' ? data_page_header : undefined
  if (header === undefined) throw new RangeError(`a page of type ${type}`)
  const { encoding, num_values: count } = header
  const nulls = 'num_nulls' in header ? header.num_nulls : undefined
  if (!(count >= 0 && (nulls ?? 0) >= 0 && (nulls ?? 0) <= count))
    throw new RangeError(`a page of ${count} values`)
  return { encoding, count, ...(nulls !== undefined && { nulls }) }
}

/** Returns how many bytes of levels come before the packed bytes, which only pages of version 2 have. */
function checkedLevels(
  bytes: Uint8Array,
  { type, data_page_header_v2: header }: PageHeader,
  form: PageForm,
): number {
  if (type !== 'DATA_PAGE_V2') return 0
  const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = header!
  if (!(repetition >= 0 && definition >= 0 && repetition + definition <= bytes.length))
    throw new RangeError(`levels of ${repetition} and ${definition} bytes in a page of ${bytes.length}`)
  checkLevels(bytes.subarray(0, repetition + definition), form, repetition)
  return repetition + definition
}
