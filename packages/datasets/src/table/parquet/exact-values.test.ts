import type { SchemaTree } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { exactDecoders, exactTimestamps } from './exact-values.js'

const column = (element: object, children: SchemaTree[] = []): SchemaTree =>
  ({ element, children, count: 1, path: ['x'] }) as unknown as SchemaTree
const decode = (element: object, value: unknown): unknown => exactDecoders([column(element)]).get(0)!(value)

describe('exactDecoders', () => {
  it('keeps bytes that are no UTF-8, so that different ones stay different', () => {
    const bytes = { type: 'BYTE_ARRAY' }
    expect(decode(bytes, Uint8Array.of(0x61))).toBe('a')
    expect(decode(bytes, Uint8Array.of(0xe9))).toEqual(Uint8Array.of(0xe9))
    expect([decode(bytes, null), decode(bytes, 'text')]).toEqual([null, 'text'])
  })

  it('keeps every digit of a decimal', () => {
    const decimal = (precision: number, scale: number) => ({ converted_type: 'DECIMAL', precision, scale })
    expect(decode(decimal(5, 2), 110)).toBe(1.1)
    expect(decode(decimal(18, 2), 90071992547409931n)).toBe('900719925474099.31')
    expect(decode(decimal(38, 1), Uint8Array.of(0xff, 0xfe))).toBe('-0.2')
    expect(decode(decimal(38, 3), Uint8Array.of(0x01, 0x00))).toBe('0.256')
    expect([decode(decimal(5, 2), null), decode(decimal(38, 2), new Uint8Array())]).toEqual([null, '0.00'])
  })

  it('keeps what of a time is finer than a millisecond, before 1970 too', () => {
    const { timestampFromMicroseconds, timestampFromNanoseconds } = exactTimestamps
    expect(timestampFromMicroseconds(1_577_836_800_000_000n)).toEqual(new Date('2020-01-01'))
    expect(timestampFromMicroseconds(1_577_836_800_000_010n)).toBe('2020-01-01T00:00:00.00001Z')
    expect(timestampFromNanoseconds(1_577_836_800_123_000_007n)).toBe('2020-01-01T00:00:00.123000007Z')
    expect(timestampFromNanoseconds(-1n)).toBe('1969-12-31T23:59:59.999999999Z')
    expect(timestampFromNanoseconds(-1_000_000n)).toEqual(new Date(-1))
  })

  it('leaves nested columns as they are', () => {
    expect(exactDecoders([column({ type: 'BYTE_ARRAY' }, [column({})])]).size).toBe(0)
  })
})
