/** How the value of a field is stored. */
type WireType = 0 | 1 | 2 | 5

/** One field as it was read: a number of 64 bits, the bytes of 64 or 32 bits, or a run of bytes. */
export interface Field {
  readonly number: number
  readonly wireType: WireType
  readonly integer: bigint
  readonly bytes: Uint8Array
}

/** Writes a number in base-128 digits, the lowest first; the highest bit of a byte says that more follow. */
function varint(value: bigint): number[] {
  const bytes: number[] = []
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    if (rest < 0x80n) return [...bytes, Number(rest)]
    bytes.push(Number(rest & 0x7fn) | 0x80)
  }
}

function field(number: number, wireType: WireType, content: Iterable<number>): number[] {
  return [...varint(BigInt((number << 3) | wireType)), ...content]
}

/** Writes a field of type int64. */
export function int64Field(number: number, value: number): number[] {
  return field(number, 0, varint(BigInt(value)))
}

/** Writes a field of type double. */
export function doubleField(number: number, value: number): number[] {
  return field(number, 1, new Uint8Array(Float64Array.of(value).buffer))
}

/** Writes a field of type float. */
export function floatField(number: number, value: number): number[] {
  return field(number, 5, new Uint8Array(Float32Array.of(value).buffer))
}

/** Writes a field of type string, bytes or a message. */
export function bytesField(number: number, content: Iterable<number>): number[] {
  const bytes = [...content]
  return field(number, 2, [...varint(BigInt(bytes.length)), ...bytes])
}

const NOTHING = new Uint8Array()

/**
 * Reads the fields of a message, in order.
 *
 * @throws Error when the bytes are no message
 * @see Protocol Buffers, "Encoding"
 */
export function* readFields(message: Uint8Array): Generator<Field> {
  let offset = 0
  const fail = (what: string): never => {
    throw new Error(`readEventFile: a record must hold a protocol buffer, got ${what} at its byte ${offset}`)
  }
  const take = (length: number): Uint8Array => {
    if (!(length <= message.length - offset)) fail('a torn field')
    return message.subarray(offset, (offset += length))
  }
  const readVarint = (): bigint => {
    let value = 0n
    for (let digit = 0n; digit < 10n; digit++) {
      const byte = take(1)[0]!
      value |= BigInt(byte & 0x7f) << (7n * digit)
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    return fail('a number of more than ten bytes')
  }
  while (offset < message.length) {
    const key = readVarint()
    const number = Number(key >> 3n)
    if ((key & 7n) === 1n) yield { number, wireType: 1, integer: 0n, bytes: take(8) }
    else if ((key & 7n) === 0n) yield { number, wireType: 0, integer: readVarint(), bytes: NOTHING }
    else if ((key & 7n) === 2n) yield { number, wireType: 2, integer: 0n, bytes: take(Number(readVarint())) }
    else if ((key & 7n) === 5n) yield { number, wireType: 5, integer: 0n, bytes: take(4) }
    else fail(`wire type ${key & 7n}`)
  }
}
