import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decompressors } from './decompressors.js'

const text = new TextEncoder().encode('knowledge distillation '.repeat(50))
/** A million zeros as the zstd command packs them from a pipe, which does not say how many. */
const zstdOfZeros = Buffer.from(
  'KLUv/QRYVAAAEAAAAQD7/znAAgIAEAACABAAAgAQAAIAEAACABAAAgAQAAMSCgDMrso5',
  'base64',
)

describe('decompressors', () => {
  it('unpack what Node packed, with and without the header of gzip', async () => {
    const unpack = await decompressors(new Set(['GZIP', 'BROTLI']))
    expect(unpack('GZIP')(gzipSync(text), text.length)).toEqual(Buffer.from(text))
    expect(unpack('GZIP')(deflateRawSync(text), text.length)).toEqual(Buffer.from(text))
    expect(unpack('BROTLI')(brotliCompressSync(text), text.length)).toEqual(Buffer.from(text))
  })

  it('write no more than there has to be', async () => {
    const unpack = await decompressors(new Set(['GZIP', 'BROTLI', 'ZSTD']))
    const zeros = new Uint8Array(10_000_000)
    expect(() => unpack('GZIP')(gzipSync(zeros), 100)).toThrow('Cannot create a Buffer larger than 100 bytes')
    expect(() => unpack('BROTLI')(brotliCompressSync(zeros), 100)).toThrow('larger than 100 bytes')
    expect(unpack('ZSTD')(zstdOfZeros, 1_000_000)).toEqual(new Uint8Array(1_000_000))
    expect(unpack('ZSTD')(zstdOfZeros, 100)).toHaveLength(0)
    expect(() => unpack('SNAPPY')(text, 1e9)).toThrow('1000000000 bytes packed in 1150')
    expect(() => unpack('LZO')).toThrow('the compression LZO')
  })
})
