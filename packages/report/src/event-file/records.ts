import { maskedCrc32c } from './crc32c.js'

const HEADER = 12
const FOOTER = 4

/**
 * Makes one TFRecord: length (uint64), its checksum, the data, their checksum, all little-endian.
 *
 * @see TensorFlow's guide to TFRecord, "TFRecords format details"
 */
export function writeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEADER + data.length + FOOTER)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true)
  record.set(data, HEADER)
  view.setUint32(HEADER + data.length, maskedCrc32c(data), true)
  return record
}

/**
 * Reads the data of every record, in order.
 *
 * @param bytes - the bytes of the file
 * @param options - `live`: half a record at the end is still being written and is ignored
 * @throws Error when a record is torn or a checksum does not hold, with the byte at which it starts
 */
export function* readRecords(
  bytes: Uint8Array,
  { live = false }: { readonly live?: boolean },
): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fail = (offset: number, what: string): never => {
    throw new Error(`readEventFile: every record must be whole and unchanged, got ${what} at byte ${offset}`)
  }
  const matches = (start: number, end: number): boolean =>
    view.getUint32(end, true) === maskedCrc32c(bytes.subarray(start, end))
  for (let offset = 0; offset < bytes.length;) {
    const start = offset + HEADER
    if (start > bytes.length) {
      if (live) return
      fail(offset, 'a torn header')
    }
    if (!matches(offset, offset + 8)) fail(offset, 'a length with another checksum')
    const end = start + Number(view.getBigUint64(offset, true))
    if (end + FOOTER > bytes.length) {
      if (live) return
      fail(offset, 'a torn record')
    }
    if (!matches(start, end)) fail(offset, 'data with another checksum')
    yield bytes.subarray(start, end)
    offset = end + FOOTER
  }
}
