import type { CompressionCodec } from 'hyparquet'
import { findNodeModule } from '../../files/find-node-module.js'

/** The name of a way to pack a page. */
export type Codec = CompressionCodec

/** A function that unpacks bytes; `length` is the length that they must have then. */
export type Decompress = (bytes: Uint8Array, length: number) => Uint8Array

/** The largest number of bytes that one packed byte can stand for, by the formats' own limits. */
const expansions: Partial<Record<Codec, number>> = { SNAPPY: 22, GZIP: 1032, LZ4: 255, LZ4_RAW: 255 }

/**
 * Makes decompressors that stop where the page has to end. Those of hyparquet-compressors for gzip, brotli and Zstandard write
 * as much as their input tells them to: Node's own, and the reference decoder of Zstandard as WebAssembly, take their place. A
 * browser has no synchronous ones for gzip and brotli, and keeps those of hyparquet-compressors.
 */
export async function decompressors(codecs: ReadonlySet<Codec>): Promise<(codec: Codec) => Decompress> {
  const { compressors } = await import('hyparquet-compressors')
  const known: Partial<Record<Codec, Decompress>> = { ...compressors, UNCOMPRESSED: (bytes) => bytes }
  const zlib = findNodeModule('node:zlib')
  if (zlib !== undefined) {
    known.GZIP = (bytes, length) =>
      // Some writers leave gzip's header away.
      bytes[0] === 0x1f && bytes[1] === 0x8b
        ? zlib.gunzipSync(bytes, { maxOutputLength: length })
        : zlib.inflateRawSync(bytes, { maxOutputLength: length })
    known.BROTLI = (bytes, length) => zlib.brotliDecompressSync(bytes, { maxOutputLength: length })
  }
  if (codecs.has('ZSTD')) {
    const { ZSTDDecoder } = await import('zstddec')
    const decoder = new ZSTDDecoder()
    await decoder.init()
    known.ZSTD = (bytes, length) => decoder.decode(bytes, length)
  }
  return (codec) => {
    const unpack = known[codec]
    if (unpack === undefined) throw new RangeError(`the compression ${codec}`)
    const expansion = expansions[codec] ?? Infinity
    return (bytes, length) => {
      if (length === 0) return new Uint8Array()
      if (length > expansion * bytes.length) throw new RangeError(`${length} bytes packed in ${bytes.length}`)
      return unpack(bytes, length)
    }
  }
}
