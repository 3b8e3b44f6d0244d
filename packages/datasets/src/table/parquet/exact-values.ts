import type { ParquetParsers, SchemaTree } from 'hyparquet'

/** Turns a value as hyparquet gives it into one that keeps what tells values apart. */
type Decode = (value: unknown) => unknown

/** The decimal digits that every double keeps. */
const EXACT_DIGITS = 15

/**
 * Returns decoders for the flat columns that hyparquet would give with loss: bytes without a declared type become text where they are UTF-8,
 * and decimals are made of their whole digits. For decimals it takes their type out of the schema, so that the digits arrive.
 */
export function exactDecoders(columns: readonly SchemaTree[]): Map<number, Decode> {
  const decoders = new Map<number, Decode>()
  for (const [column, { element, children }] of columns.entries()) {
    if (children.length > 0) continue
    if (element.converted_type === 'DECIMAL') {
      const { scale = 0, precision = 0 } = element
      delete element.converted_type
      delete element.logical_type
      decoders.set(column, (value) => decimal(value, scale, precision))
    } else if (element.type === 'BYTE_ARRAY') decoders.set(column, textOfBytes)
  }
  return decoders
}

/**
 * Readers of timestamps for hyparquet. Its own cut what is finer than a millisecond, by which different times become the same label: such a
 * time is given as a text in UTC with all its digits, and any other as a `Date`.
 */
export const exactTimestamps: Pick<ParquetParsers, 'timestampFromMicroseconds' | 'timestampFromNanoseconds'> =
  {
    timestampFromMicroseconds: (micros: bigint) => exactTime(micros, 3),
    timestampFromNanoseconds: (nanos: bigint) => exactTime(nanos, 6),
  }

/** Returns a time in units of which there are a thousand, or a million, in a millisecond: ten to the power `digits`. */
function exactTime(time: bigint, digits: 3 | 6): Date | string {
  const units = BigInt(10 ** digits)
  const rest = ((time % units) + units) % units
  const date = new Date(Number((time - rest) / units))
  if (rest === 0n || Number.isNaN(date.getTime())) return date
  return date.toISOString().replace('Z', `${String(rest).padStart(digits, '0').replace(/0+$/, '')}Z`)
}

function textOfBytes(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value)
  } catch {
    // Bytes of another encoding stay as they are: their text is not known.
    return value
  }
}

/** Returns a number where a double keeps all digits, and else a text of them. */
function decimal(value: unknown, scale: number, precision: number): unknown {
  if (value === null || value === undefined) return value
  if (!Number.isInteger(scale) || scale < 0 || scale > 100)
    throw new RangeError(`a decimal of scale ${scale}`)
  const digits = value instanceof Uint8Array ? integerOf(value) : BigInt(value as number | bigint)
  const padded = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const point = padded.length - scale
  const text = `${digits < 0n ? '-' : ''}${padded.slice(0, point)}${scale > 0 ? '.' : ''}${padded.slice(point)}`
  return precision <= EXACT_DIGITS ? Number(text) : text
}

/** Reads a big-endian integer in two's complement. */
function integerOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`))
}
