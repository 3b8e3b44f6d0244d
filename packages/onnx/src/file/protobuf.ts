import { KdError } from '@kd/core'

/** One field of a protobuf message. Its value is a number (wire type 0) or the bytes of it (wire types 1, 2 and 5). */
export interface Field {
  readonly number: number
  readonly value: number
  readonly bytes: Uint8Array
}

/** An error of a file that is not what it has to be. */
export function fileError(rule: string, found: string, hint?: string): KdError {
  return new KdError(`readOnnx: file ${rule}, got ${found}`, hint === undefined ? {} : { hint })
}

/**
 * Reads the fields of a protobuf message one after the other. It never reads outside of `bytes`.
 *
 * @throws KdError for a cut message, a field number of 0 and a wire type that ONNX does not use
 */
export function* fields(bytes: Uint8Array): Generator<Field> {
  const position = { at: 0 }
  while (position.at < bytes.length) {
    const tag = readVarint(bytes, position)
    const number = Math.floor(tag / 8)
    if (tag < 8) throw fileError('must be an ONNX model', `a field without a number at byte ${position.at}`)
    const wireType = tag % 8
    if (wireType === 0) {
      yield { number, value: readVarint(bytes, position), bytes: nothing }
      continue
    }
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? readVarint(bytes, position) : -1
    if (length < 0) throw fileError('must be an ONNX model', `wire type ${wireType} of field ${number}`)
    if (length > bytes.length - position.at) {
      throw fileError(
        'must hold what it announces',
        `a field of ${length} bytes where ${bytes.length - position.at} are left`,
      )
    }
    yield { number, value: 0, bytes: bytes.subarray(position.at, position.at + length) }
    position.at += length
  }
}

/** Reads the numbers of a packed field. */
export function packedVarints(bytes: Uint8Array): number[] {
  const position = { at: 0 }
  const numbers: number[] = []
  while (position.at < bytes.length) numbers.push(readVarint(bytes, position))
  return numbers
}

/** Reads the bytes of a string, and refuses control characters, which would change what a terminal shows. */
export function readText(bytes: Uint8Array): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new KdError('readOnnx: names must be UTF-8, got other bytes', { cause: error })
  }
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text)) {
    throw fileError('must have names without control characters', JSON.stringify(text.slice(0, 60)))
  }
  return text
}

const nothing = new Uint8Array(0)

/** Reads an int64. Numbers that a double does not hold exactly are refused. */
function readVarint(bytes: Uint8Array, position: { at: number }): number {
  const first = bytes[position.at]
  if (first !== undefined && first < 128) {
    position.at++
    return first
  }
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[position.at++]
    if (byte === undefined) throw fileError('must be complete', `${bytes.length} bytes that end in a number`)
    value |= BigInt(byte & 127) << shift
    if (byte < 128) {
      // The largest int64 stands for "to the end" in slices; it need not be exact.
      return Number(BigInt.asIntN(64, value))
    }
  }
  throw fileError('must be an ONNX model', 'a number of more than 10 bytes')
}

/** Collects the fields of a protobuf message. */
export class MessageWriter {
  readonly #parts: Uint8Array[] = []

  /** Adds an int64 or an enumeration. */
  integer(number: number, value: number | bigint): this {
    this.#parts.push(varint(number * 8), varint(value))
    return this
  }

  /** Adds a float. */
  float(number: number, value: number): this {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    this.#parts.push(varint(number * 8 + 5), bytes)
    return this
  }

  /** Adds bytes, a string or another message. */
  bytes(number: number, value: Uint8Array | string | MessageWriter): this {
    const bytes =
      typeof value === 'string'
        ? new TextEncoder().encode(value)
        : value instanceof MessageWriter
          ? value.finish()
          : value
    this.#parts.push(varint(number * 8 + 2), varint(bytes.length), bytes)
    return this
  }

  /** Gives the message. */
  finish(): Uint8Array {
    const result = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of this.#parts) {
      result.set(part, at)
      at += part.length
    }
    return result
  }
}

function varint(value: number | bigint): Uint8Array {
  if (value >= 0 && value < 128) return Uint8Array.of(Number(value))
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}
