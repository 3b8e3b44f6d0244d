import type { Encoding, ParquetType } from 'hyparquet'
import type { ByteReader } from './byte-reader.js'
import { walkDeltas } from './walk-deltas.js'
import { walkRuns } from './walk-runs.js'

/** The properties of a page that are known before its values are decoded. */
export interface PageForm {
  readonly type: ParquetType
  /** The number of bytes of a value of fixed length. */
  readonly typeLength: number
  readonly encoding: Encoding
  /** The number of values, including nulls. */
  readonly count: number
  /** The number of nulls; only pages of version 2, whose levels stand apart, state it. */
  readonly nulls?: number
  readonly maxDefinitionLevel: number
  readonly maxRepetitionLevel: number
}

/** A function that decodes DELTA_BINARY_PACKED. */
export type DeltaUnpack = (reader: ByteReader, count: number, output: Int32Array) => void

/**
 * Checks that lengths inside a page fit the number of its values, so that the time and memory of decoding it stay in
 * proportion to its size.
 *
 * @param bytes - the page, unpacked; with its levels where its version is 1
 * @param form - what its header says
 * @param unpack - the decoder's function for the lengths of texts
 * @returns bytes of its texts where they are longer than the page, else 0
 * @throws RangeError when a length or count does not fit
 */
export function checkPage(bytes: Uint8Array, form: PageForm, unpack: DeltaUnpack): number {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  const { type, encoding } = form
  const count = form.nulls === undefined ? walkLevels(reader, form) : form.count - form.nulls
  switch (encoding) {
    case 'DELTA_BINARY_PACKED':
    case 'DELTA_LENGTH_BYTE_ARRAY':
      walkDeltas(reader, count)
      return 0
    case 'DELTA_BYTE_ARRAY':
      return sharedTexts(reader, count, unpack)
    case 'BYTE_STREAM_SPLIT':
      if (count * widthOf(form) > bytes.length)
        throw new RangeError(`${count} values in ${bytes.length} bytes`)
      return 0
    case 'RLE':
    case 'RLE_DICTIONARY':
    case 'PLAIN_DICTIONARY': {
      // As the decoder tells them apart: truth values have one bit and a length before them.
      const truths = form.nulls === undefined ? type === 'BOOLEAN' : encoding === 'RLE'
      if (truths) reader.offset += 4
      walkRuns(reader, { width: truths ? 1 : reader.view.getUint8(reader.offset++), count })
      return 0
    }
    case 'PLAIN':
    case 'BIT_PACKED':
    case 'GROUP_VAR_INT':
    default:
      // Plain values cannot claim more than there is; of other encodings the decoder says that it does not know them.
      return 0
  }
}

/** Checks the levels before the values of a page of version 1, and returns how many values are not null. */
function walkLevels(reader: ByteReader, { count, maxRepetitionLevel, maxDefinitionLevel }: PageForm): number {
  let values = count
  for (const [level, isDefinition] of [
    [maxRepetitionLevel, false],
    [maxDefinitionLevel, true],
  ] as const) {
    if (level === 0) continue
    const end = reader.offset + 4 + reader.view.getUint32(reader.offset, true)
    reader.offset += 4
    const occurrences = walkRuns(reader, { width: 32 - Math.clz32(level), count, wanted: level })
    if (isDefinition) values = occurrences
    reader.offset = end
  }
  return values
}

function widthOf({ type, typeLength }: PageForm): number {
  if (type === 'FIXED_LEN_BYTE_ARRAY') return typeLength
  return type === 'INT64' || type === 'DOUBLE' ? 8 : 4
}

/** Checks texts that share their beginning with the one before: a page of a megabyte can stand for a terabyte of them. */
function sharedTexts(reader: ByteReader, count: number, unpack: DeltaUnpack): number {
  const [shared, added] = [new Int32Array(count), new Int32Array(count)]
  for (const lengths of [shared, added]) {
    const { offset } = reader
    walkDeltas(reader, count)
    reader.offset = offset
    unpack(reader, count, lengths)
  }
  let [before, total] = [0, 0]
  for (let index = 0; index < count; index++) {
    if (shared[index]! < 0 || shared[index]! > before || added[index]! < 0) {
      throw new RangeError(`a text that shares ${shared[index]!} bytes with one of ${before}`)
    }
    before = shared[index]! + added[index]!
    total += before
  }
  return total
}

/** Checks the levels of a page of version 2, which stand before it and are never packed. */
export function checkLevels(
  bytes: Uint8Array,
  { count, maxRepetitionLevel, maxDefinitionLevel }: PageForm,
  lengthOfRepetition: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (maxRepetitionLevel > 0)
    walkRuns({ view, offset: 0 }, { width: 32 - Math.clz32(maxRepetitionLevel), count })
  if (maxDefinitionLevel > 0) {
    walkRuns({ view, offset: lengthOfRepetition }, { width: 32 - Math.clz32(maxDefinitionLevel), count })
  }
}
