import { KdError } from '@kd/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSafetensors, readSafetensorsMetadata } from './read-safetensors.js'
import type { SafetensorsDtype, SafetensorsTensor } from './safetensors-tensor.js'
import golden from './safetensors.golden.json' with { type: 'json' }
import { writeSafetensors } from './write-safetensors.js'

/** A file from a header, which may be wrong, and that many zero bytes. */
function file(header: unknown, dataLength = 0, options: { headerLength?: bigint } = {}): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header)
  const json = new TextEncoder().encode(text)
  const bytes = new Uint8Array(8 + json.length + dataLength)
  new DataView(bytes.buffer).setBigUint64(0, options.headerLength ?? BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

const float = (shape: readonly number[], begin: number, end: number): object => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
})

describe('readSafetensors', () => {
  it.each(golden.cases)("reads what the format's own library wrote", ({ file: base64, tensors }) => {
    const read = readSafetensors(Buffer.from(base64, 'base64'))
    expect([...read.keys()].sort()).toEqual(Object.keys(tensors).sort())
    for (const [name, { shape, values }] of Object.entries(tensors)) {
      const { data, shape: readShape } = read.get(name)!
      expect(readShape).toEqual(shape)
      const wanted = values.map((value) => ({ True: '1', False: '0' })[value] ?? value)
      if (data instanceof BigInt64Array || data instanceof BigUint64Array)
        expect(Array.from(data, String)).toEqual(wanted)
      else expect(Array.from(data)).toEqual(wanted.map(Number))
    }
  })

  it('widens infinities and NaN of half precision', () => {
    const header = { dtype: 'F16', shape: [3], data_offsets: [0, 6] }
    const bytes = file({ half: header, wide: { ...header, dtype: 'BF16', data_offsets: [6, 12] } }, 12)
    const view = new DataView(bytes.buffer, bytes.length - 12)
    ;[0x7c00, 0xfc00, 0x7e01, 0x7f80, 0xff80, 0x7fc1].forEach((half, index) =>
      view.setUint16(2 * index, half, true),
    )
    const read = readSafetensors(bytes)
    expect(Array.from(read.get('half')!.data as Float32Array)).toEqual([Infinity, -Infinity, NaN])
    expect(Array.from(read.get('wide')!.data as Float32Array)).toEqual([Infinity, -Infinity, NaN])
  })

  it('takes the name __proto__ for a name, and reads from the middle of a buffer', () => {
    const bytes = file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const read = readSafetensors(shifted.subarray(3))
    expect([...read.keys()]).toEqual(['__proto__'])
    expect(({} as { dtype?: unknown }).dtype).toBeUndefined()
  })

  const huge = 2 ** 53 - 1
  it.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(), 'bytes must hold at least 8, got 0'],
    [
      'a header longer than the file',
      file({}, 0, { headerLength: 3n }),
      'header of 3 bytes must fit the file',
    ],
    ['a header of 2^64 - 1 bytes', file({}, 0, { headerLength: 2n ** 64n - 1n }), 'at most 100000000 bytes'],
    ['a header over the limit', file({}, 0, { headerLength: 100_000_001n }), 'at most 100000000 bytes'],
    ['no header', file('', 4), "must start with '{'"],
    ['no JSON', file('{"a":'), 'header must be JSON in UTF-8'],
    ['JSON nested deeply', file(`{"a":${'['.repeat(200_000)}`), 'header must be JSON'],
    ['bytes that are no UTF-8', file('{"\u0000"}').fill(0xff, 9, 12), 'header must be JSON in UTF-8'],
    ['an array', file('[]'), "must start with '{'"],
    ['metadata of numbers', file({ __metadata__: { a: 1 } }), '__metadata__ must map names to texts'],
    ['metadata that is a text', file({ __metadata__: 'a' }), '__metadata__ must map names to texts'],
    ['a null entry', file({ a: null }), "header entry must be an object of tensor 'a', got null"],
    ['a type of its own', file({ a: { ...float([1], 0, 4), dtype: 'F4' } }, 4), 'dtype must be one of'],
    [
      'a type from the prototype',
      file({ a: { ...float([0], 0, 0), dtype: 'constructor' } }),
      'dtype must be',
    ],
    ['no type', file({ a: { shape: [0], data_offsets: [0, 0] } }), "of tensor 'a', got nothing"],
    ['a negative size', file({ a: float([-1, -1], 0, 4) }, 4), 'shape must be a list of integers >= 0'],
    ['a fractional size', file({ a: float([1.5], 0, 6) }, 6), 'shape must be a list'],
    ['a shape that is a text', file({ a: { ...float([1], 0, 4), shape: '1' } }, 4), 'shape must be a list'],
    ['sizes whose product overflows', file({ a: float([huge, huge], 0, 4) }, 4), 'must fill the 4 bytes'],
    ['a shape too small', file({ a: float([1], 0, 8) }, 8), "must fill the 8 bytes of tensor 'a', got [1]"],
    [
      'offsets out of order',
      file({ a: float([1], 4, 0) }, 4),
      'data_offsets must be two integers in rising order',
    ],
    ['a negative offset', file({ a: float([1], -4, 0) }, 4), 'data_offsets must be two integers'],
    [
      'three offsets',
      file({ a: { ...float([1], 0, 4), data_offsets: [0, 4, 8] } }, 8),
      'data_offsets must be',
    ],
    ['an end past the file', file({ a: float([2], 0, 8) }, 4), 'got 8 bytes described and 4 there'],
    [
      'an end far past the file',
      file({ a: float([2 ** 40], 0, 2 ** 42) }),
      'got 4398046511104 bytes described',
    ],
    ['a hole', file({ a: float([1], 0, 4), b: float([1], 8, 12) }, 12), "got 'b' from byte 8 after byte 4"],
    ['a hole in front', file({ a: float([1], 4, 8) }, 8), "got 'a' from byte 4 after byte 0"],
    [
      'an overlap',
      file({ a: float([2], 0, 8), b: float([2], 4, 12) }, 12),
      "got 'b' from byte 4 after byte 8",
    ],
    [
      'two tensors in one place',
      file({ a: float([1], 0, 4), b: float([1], 0, 4) }, 4),
      "got 'b' from byte 0",
    ],
    ['bytes that no tensor has', file({ a: float([1], 0, 4) }, 5), 'got 4 bytes described and 5 there'],
    [
      'a name twice, once escaped',
      file(`{"ab":${JSON.stringify(float([1], 0, 4))}, "\\u0061b" :${JSON.stringify(float([1], 0, 4))}}`, 4),
      "must hold each name once, got 'ab' twice",
    ],
    [
      'a field twice',
      file('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1),
      "must hold each name once, got 'dtype' twice",
    ],
  ])('refuses %s', (_, bytes, message) => {
    let error: unknown
    try {
      readSafetensors(bytes)
    } catch (caught) {
      error = caught
    }
    expect(KdError.isInstance(error)).toBe(true)
    expect((error as Error).message).toContain(message)
    expect((error as Error).message.startsWith('readSafetensors: ')).toBe(true)
  })

  it('gives a KdError or tensors within the file, whatever the header says', () => {
    const size = fc.oneof(
      fc.integer({ min: -1, max: 9 }),
      fc.constantFrom(huge, 0.5, NaN, '4', null, 2 ** 32),
    )
    const entry = fc.record(
      {
        dtype: fc.constantFrom('F32', 'U8', 'I64', 'BOOL', 'F16', 'F8_E4M3', '__proto__', 7),
        shape: fc.array(size, { maxLength: 3 }),
        data_offsets: fc.array(size, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    )
    const name = fc.oneof(fc.constantFrom('__proto__', '__metadata__', 'constructor', ''), fc.string())
    const header = fc.dictionary(name, fc.oneof(entry, fc.jsonValue()))
    fc.assert(
      fc.property(header, fc.nat(24), (value, dataLength) => assertReadsSafely(file(value, dataLength))),
      { numRuns: 2000 },
    )
  })

  it('gives a KdError or tensors within the file, whichever bytes of a good file are damaged', () => {
    const good = Buffer.from(golden.cases[0]!.file, 'base64')
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(damage, fc.nat(good.length), (changes, length) => {
        const bytes = Uint8Array.from(good)
        for (const [index, byte] of changes) bytes[index] = byte
        assertReadsSafely(bytes)
        assertReadsSafely(bytes.subarray(0, length))
      }),
      { numRuns: 2000 },
    )
  })
})

function assertReadsSafely(bytes: Uint8Array): void {
  let tensors: Map<string, SafetensorsTensor>
  try {
    tensors = readSafetensors(bytes)
  } catch (error) {
    expect(KdError.isInstance(error), String(error)).toBe(true)
    return
  }
  let total = 0
  for (const { dtype, shape, data } of tensors.values()) {
    expect(data.length).toBe(shape.reduce((left, right) => left * right, 1))
    total += data.byteLength / (dtype === 'F16' || dtype === 'BF16' ? 2 : 1)
  }
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  expect(total).toBe(bytes.length - 8 - headerLength)
}

describe('writeSafetensors', () => {
  const arrays = {
    F64: Float64Array,
    F32: Float32Array,
    I64: BigInt64Array,
    U64: BigUint64Array,
    I32: Int32Array,
    U32: Uint32Array,
    I16: Int16Array,
    U16: Uint16Array,
    I8: Int8Array,
    U8: Uint8Array,
    BOOL: Uint8Array,
  } as const
  const tensor = fc
    .record({
      dtype: fc.constantFrom(...(Object.keys(arrays) as (keyof typeof arrays)[])),
      shape: fc.array(fc.nat(3), { maxLength: 3 }),
      seed: fc.uint8Array({ minLength: 27 * 8, maxLength: 27 * 8 }),
    })
    .map(({ dtype, shape, seed }): SafetensorsTensor => {
      const length = shape.reduce((left, right) => left * right, 1)
      return { dtype, shape, data: new arrays[dtype](Uint8Array.from(seed).buffer, 0, length) }
    })

  it('writes what readSafetensors reads back, aligned, whatever the order', () => {
    const tensors = fc.dictionary(
      fc.string().filter((name) => name !== '__metadata__'),
      tensor,
    )
    fc.assert(
      fc.property(tensors, (byName) => {
        const entries = Object.entries(byName)
        const bytes = writeSafetensors(new Map(entries), { format: 'test' })
        const read = readSafetensors(bytes)
        expect(read.size).toBe(entries.length)
        expect([...readSafetensorsMetadata(bytes)]).toEqual([['format', 'test']])
        for (const [name, { dtype, shape, data }] of entries) {
          const found = read.get(name)!
          expect([found.dtype, found.shape]).toEqual([dtype, shape])
          expect(new Uint8Array(found.data.buffer)).toEqual(
            new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
          )
        }
        expect(writeSafetensors(new Map(entries.reverse()), { format: 'test' })).toEqual(bytes)
        expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n)
      }),
    )
  })

  it("writes the very bytes of the format's own library", () => {
    const wanted = Buffer.from(golden.cases[1]!.file, 'base64')
    expect(Buffer.from(writeSafetensors(readSafetensors(wanted))).equals(wanted)).toBe(true)
  })

  it('writes half precision that is read back as it was, all 65,536 of them', () => {
    const halves = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits)
    const header = { half: { dtype: 'F16', shape: [2 ** 16], data_offsets: [0, 2 ** 17] } }
    const bytes = file(header, 2 ** 17)
    bytes.set(new Uint8Array(halves.buffer), bytes.length - 2 ** 17)
    const tensors = readSafetensors(bytes)
    const again = readSafetensors(writeSafetensors(tensors))
    // Of the many NaN one is written.
    expect(again.get('half')!.data).toEqual(tensors.get('half')!.data)
  })

  it('rounds to the nearest half-precision number, to the even one of two', () => {
    const half = (value: number): number => {
      const data = Float32Array.of(value)
      return readSafetensors(writeSafetensors(new Map([['x', { dtype: 'F16', shape: [1], data }]]))).get('x')!
        .data[0] as number
    }
    // All positive numbers of half precision, in rising order; an even place is an even number.
    const grid = Array.from({ length: 0x7c00 }, (_, bits) =>
      bits < 1024 ? bits * 2 ** -24 : (1 + (bits % 1024) / 1024) * 2 ** (Math.floor(bits / 1024) - 15),
    )
    fc.assert(
      fc.property(fc.nat(0x7c00 - 2), fc.double({ min: 0, max: 1, noNaN: true }), (place, between) => {
        const [low, high] = [grid[place]!, grid[place + 1]!]
        const value = Math.fround(low + between * (high - low))
        const [down, up] = [value - low, high - value]
        const wanted = down < up || (down === up && place % 2 === 0) ? low : high
        expect(half(value)).toBe(wanted)
        expect(half(-value)).toBe(-wanted)
      }),
      { examples: [0, 1, 2, 1022, 1023, 1024, 0x7c00 - 2].map((place): [number, number] => [place, 0.5]) },
    )
    expect(half(65519)).toBe(65504)
    expect(() => half(65520)).toThrow("'x' must hold numbers of at most 65504 as F16, got 65520")
  })

  it('writes a view, not the buffer behind it', () => {
    const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3)
    const read = readSafetensors(writeSafetensors(new Map([['view', { dtype: 'F32', shape: [2], data }]])))
    expect(Array.from(read.get('view')!.data as Float32Array)).toEqual([2, 3])
  })

  it.each<[string, SafetensorsDtype, readonly number[], string]>([
    ['a', 'F32', [3], "writeSafetensors: shape of 'a' must hold its 2 values, got [3]"],
    ['a', 'F32', [-1, -2], "writeSafetensors: shape of 'a' must hold its 2 values, got [-1, -2]"],
    ['a', 'F64', [2], "writeSafetensors: dtype of 'a' must fit its values, got F64 for a Float32Array"],
    ['a', 'BF16', [2], "got BF16 for a Float32Array\n  write it as 'F32'"],
    ['a', 'U16', [2], 'got U16 for a Float32Array'],
    ['a', 'F99' as 'F32', [2], "writeSafetensors: dtype of 'a' must fit its values, got F99"],
    ['__metadata__', 'F32', [2], "writeSafetensors: no tensor may be called '__metadata__'"],
  ])('refuses %s of type %s and shape %j', (name, dtype, shape, message) => {
    const data = new Float32Array(2)
    expect(() => writeSafetensors(new Map([[name, { dtype, shape, data }]]))).toThrow(message)
  })
})
