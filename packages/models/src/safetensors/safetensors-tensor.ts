import { decodeBfloat16, decodeFloat16 } from './half-precision.js'

/** Arrays that hold a tensor's values. */
export type SafetensorsData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array

/** Number types of the format that this package reads. */
export type SafetensorsDtype =
  'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'U64' | 'I32' | 'U32' | 'I16' | 'U16' | 'I8' | 'U8' | 'BOOL'

/** One tensor of a safetensors file. */
export interface SafetensorsTensor {
  /** The number type in the file. */
  readonly dtype: SafetensorsDtype
  readonly shape: readonly number[]
  /** Row by row. F16 and BF16 are widened to a Float32Array, which holds all their values; BOOL is 0 or 1. */
  readonly data: SafetensorsData
}

/** How a number type is stored in a file. */
export interface Storage {
  readonly bytes: number
  /** Makes the values from the tensor's bytes, which it may keep. The machine is little-endian, as the format is. */
  decode(buffer: ArrayBuffer): SafetensorsData
}

/** Every number type that is read. It is a Map, so that a name such as __proto__ is not found. */
export const storages: ReadonlyMap<string, Storage> = new Map<SafetensorsDtype, Storage>([
  ['F64', { bytes: 8, decode: (buffer) => new Float64Array(buffer) }],
  ['F32', { bytes: 4, decode: (buffer) => new Float32Array(buffer) }],
  ['F16', { bytes: 2, decode: (buffer) => decodeFloat16(new Uint16Array(buffer)) }],
  ['BF16', { bytes: 2, decode: (buffer) => decodeBfloat16(new Uint16Array(buffer)) }],
  ['I64', { bytes: 8, decode: (buffer) => new BigInt64Array(buffer) }],
  ['U64', { bytes: 8, decode: (buffer) => new BigUint64Array(buffer) }],
  ['I32', { bytes: 4, decode: (buffer) => new Int32Array(buffer) }],
  ['U32', { bytes: 4, decode: (buffer) => new Uint32Array(buffer) }],
  ['I16', { bytes: 2, decode: (buffer) => new Int16Array(buffer) }],
  ['U16', { bytes: 2, decode: (buffer) => new Uint16Array(buffer) }],
  ['I8', { bytes: 1, decode: (buffer) => new Int8Array(buffer) }],
  ['U8', { bytes: 1, decode: (buffer) => new Uint8Array(buffer) }],
  ['BOOL', { bytes: 1, decode: (buffer) => new Uint8Array(buffer) }],
])
