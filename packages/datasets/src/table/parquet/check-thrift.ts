import { readVarInt, skipLongVarInt, type ByteReader } from './byte-reader.js'

/** The deepest nesting of structs that is read; Parquet's own structs are not as deep. */
const DEEPEST = 32

/**
 * Checks a struct of Thrift's compact protocol, of which a Parquet file's footer and page headers are made. Unchecked, a number
 * of a million bytes would take hyparquet a minute to read, and a list of a billion truth values some gigabytes.
 *
 * @param reader - stands at the beginning of the struct, and afterwards at its end
 * @throws RangeError when there is no such struct, or a number is longer than 64 bits
 */
export function checkThrift(reader: ByteReader, depth = 0): void {
  for (;;) {
    const byte = reader.view.getUint8(reader.offset++)
    if (byte % 16 === 0) return
    if (byte < 16) skipLongVarInt(reader)
    checkValue(reader, byte % 16, depth)
  }
}

function checkValue(reader: ByteReader, type: number, depth: number): void {
  if (depth > DEEPEST) throw new RangeError(`values nested deeper than ${DEEPEST}`)
  switch (type) {
    case 1: // true
    case 2: // false
      return
    case 3: // byte
      reader.offset++
      return
    case 4: // 16, 32 and 64 bits
    case 5:
    case 6:
      skipLongVarInt(reader)
      return
    case 7: // double
      reader.offset += 8
      return
    case 8: {
      const bytes = readVarInt(reader)
      reader.offset += bytes
      return
    }
    case 9:
      checkList(reader, depth)
      return
    case 12:
      checkThrift(reader, depth + 1)
      return
    default:
      throw new RangeError(`a value of type ${type}`)
  }
}

function checkList(reader: ByteReader, depth: number): void {
  const byte = reader.view.getUint8(reader.offset++)
  const length = byte >= 240 ? readVarInt(reader) : byte >> 4
  // Each takes a byte at least.
  if (length > reader.view.byteLength - reader.offset) throw new RangeError(`a list of ${length} values`)
  const type = byte % 16 <= 2 ? 3 : byte % 16
  for (let index = 0; index < length; index++) checkValue(reader, type, depth + 1)
}
