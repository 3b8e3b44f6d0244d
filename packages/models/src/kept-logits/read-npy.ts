import { KdError } from '@kd/core'
import { decodeFloat16 } from '../safetensors/half-precision.js'

/** An array of a file of NumPy. */
export interface NpyArray {
  readonly shape: readonly number[]
  /** Row by row; whole numbers of 64 bits are BigInt64Array. */
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array
}

/** Types that are read, by NumPy's name; the machine is little-endian, as they are. */
const types: ReadonlyMap<string, { readonly bytes: number; decode(buffer: ArrayBuffer): NpyArray['data'] }> =
  new Map([
    ['<f2', { bytes: 2, decode: (buffer) => decodeFloat16(new Uint16Array(buffer)) }],
    ['<f4', { bytes: 4, decode: (buffer) => new Float32Array(buffer) }],
    ['<f8', { bytes: 8, decode: (buffer) => new Float64Array(buffer) }],
    ['<i4', { bytes: 4, decode: (buffer) => new Int32Array(buffer) }],
    ['<i8', { bytes: 8, decode: (buffer) => new BigInt64Array(buffer) }],
  ])

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
/** The header as NumPy writes it, a literal of Python: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } */
const HEADER =
  /^\{'descr': '([^']{1,20})', 'fortran_order': (True|False), 'shape': \(((?:\d{1,16}, ?)*\d{0,16})\),? ?\} *\n?$/

/** Tells whether bytes begin as a file of `numpy.save` does. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte)
}

/**
 * Reads an array that `numpy.save` wrote: float16, float32, float64, int32 or int64, row by row, little-endian.
 *
 * The file is not trusted: its header must be exactly what NumPy writes, and the bytes behind it exactly those of the array.
 * Arrays of objects, which are pickles, are refused.
 *
 * @param bytes - the whole file
 * @returns the array; it shares no memory with `bytes`
 * @throws {@link KdError} saying what is wrong with the file
 *
 * @example
 * ```ts
 * import { readNpy } from '@kd/models'
 *
 * const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }".padEnd(117) + '\n'
 * const values = new Uint8Array(Float32Array.of(3, 4).buffer)
 * const bytes = Uint8Array.from([147, 78, 85, 77, 80, 89, 1, 0, 118, 0, ...new TextEncoder().encode(header), ...values])
 * console.log(readNpy(bytes)) // { shape: [ 1, 2 ], data: Float32Array(2) [ 3, 4 ] }
 * ```
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const version = bytes[6]!
  if (!isNpy(bytes) || bytes.length < 12 || version < 1 || version > 3)
    throw new KdError(`readNpy: file must be one of numpy.save, got ${bytes.length} other bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = version === 1 ? 10 : 12
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  const text = new TextDecoder('latin1').decode(bytes.subarray(start, Math.min(end, start + 1000)))
  const [, type, order, sizes] = HEADER.exec(text) ?? []
  if (end > bytes.length || sizes === undefined)
    throw new KdError(`readNpy: header must be that of one array, got ${JSON.stringify(text.slice(0, 200))}`)
  const storage = types.get(type!)
  if (storage === undefined) {
    throw new KdError(`readNpy: type must be one of ${[...types.keys()].join(', ')}, got ${type}`, {
      hint:
        type === '|O'
          ? 'an array of objects is a pickle, which is never read: save array.astype("float32")'
          : 'save array.astype("float32")',
    })
  }
  if (order === 'True') {
    throw new KdError('readNpy: array must be stored row by row, got fortran_order', {
      hint: 'save numpy.ascontiguousarray(array)',
    })
  }
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number)
  const wanted = shape.reduce((product, size) => product * size, storage.bytes)
  if (wanted !== bytes.length - end) {
    throw new KdError(
      `readNpy: array [${shape.join(', ')}] of ${type} must have ${wanted} bytes, got ${bytes.length - end}`,
      { hint: 'the file may be cut off' },
    )
  }
  const { buffer } = new Uint8Array(bytes.subarray(end))
  return { shape, data: storage.decode(buffer) }
}
