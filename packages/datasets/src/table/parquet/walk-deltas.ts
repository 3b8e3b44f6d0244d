import { readVarInt, skipLongVarInt, type ByteReader } from './byte-reader.js'

/**
 * Reads and checks the sizes of Parquet's DELTA_BINARY_PACKED without its values. With a negative size of blocks hyparquet's
 * decoder would never end.
 *
 * @throws RangeError when a size is out of range
 */
export function walkDeltas(reader: ByteReader, count: number): void {
  const { view } = reader
  const values = readVarInt(reader)
  const parts = readVarInt(reader)
  skipLongVarInt(reader) // how many values; their page says it too
  skipLongVarInt(reader) // the first value
  const valuesOfPart = values / parts
  if (!(values < 2 ** 31 && valuesOfPart > 0 && Number.isInteger(valuesOfPart) && parts <= view.byteLength)) {
    throw new RangeError(`blocks of ${values} values in ${parts} parts`)
  }
  for (let seen = 1; seen < count;) {
    skipLongVarInt(reader) // the smallest difference
    const widths = reader.offset
    reader.offset += parts
    for (let part = 0; part < parts && seen < count; part++) {
      const width = view.getUint8(widths + part)
      if (width > 64) throw new RangeError(`differences of ${width} bits`)
      reader.offset += (valuesOfPart * width) / 8
      seen += valuesOfPart
    }
  }
}
