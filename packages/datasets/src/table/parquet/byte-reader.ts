/** Bytes and a position in them, in hyparquet's form. */
export interface ByteReader {
  readonly view: DataView
  offset: number
}

/** Reads a number of up to 32 bits, of which each byte holds seven. */
export function readVarInt(reader: ByteReader): number {
  let result = 0
  for (let factor = 1; factor < 2 ** 35; factor *= 128) {
    const byte = reader.view.getUint8(reader.offset++)
    result += (byte & 127) * factor
    if (byte < 128) return result % 2 ** 32
  }
  throw new RangeError('a number of more than 32 bits')
}

/** Skips a number of up to 64 bits and throws for a longer one: hyparquet takes a minute for one of a million bytes. */
export function skipLongVarInt(reader: ByteReader): void {
  for (let bytes = 0; bytes < 10; bytes++) if (reader.view.getUint8(reader.offset++) < 128) return
  throw new RangeError('a number of more than 64 bits')
}
