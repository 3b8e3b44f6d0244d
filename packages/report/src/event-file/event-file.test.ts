import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from './crc32c.js'
import golden from './event-file.golden.json' with { type: 'json' }
import { eventFileHeader, eventRecord, readEventFile, type SummaryEvent } from './event-file.js'

const written = new Uint8Array(Buffer.from(golden.file, 'base64'))
const events = golden.events as unknown as SummaryEvent[]

function fileOf(content: readonly SummaryEvent[]): Uint8Array {
  return Buffer.concat([eventFileHeader(golden.wallTime), ...content.map(eventRecord)])
}

describe('event files', () => {
  it("are read as TensorBoard's own writer means them", () => {
    expect(readEventFile(written)).toEqual(events)
  })

  it("are TensorBoard's own bytes, but for a step of 0, which is written out", () => {
    // Two bytes more in the first event; every later one must be the same.
    const ours = fileOf(events)
    expect(ours.length).toBe(written.length + 2)
    const later = fileOf(events.slice(1)).subarray(eventFileHeader(golden.wallTime).length)
    expect(Buffer.from(written.subarray(-later.length)).equals(later)).toBe(true)
  })

  it('are read back as they were written', () => {
    const scalars = fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), fc.float(), {
      minKeys: 1,
      maxKeys: 3,
    })
    const bars = fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 3 })
    const histogram = fc
      .tuple(fc.double(), fc.double(), fc.double(), fc.double(), fc.double(), bars)
      .map(([min, max, count, sum, sumOfSquares, pairs]) => {
        const [limits, counts] = [pairs.map(([limit]) => limit), pairs.map(([, number]) => number)]
        return { min, max, count, sum, sumOfSquares, limits, counts }
      })
    const histograms = fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), histogram, { maxKeys: 2 })
    const event = fc.record({
      wallTime: fc.double({ noNaN: true, noDefaultInfinity: true }),
      step: fc.maxSafeNat(),
      scalars,
      histograms,
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 4 }), (content) => {
        const found = readEventFile(fileOf(content))
        expect(found.map(({ wallTime, step }) => [wallTime, step])).toEqual(
          content.map(({ wallTime, step }) => [wallTime, step]),
        )
        found.forEach((one, index) => {
          expect(Object.entries(one.scalars)).toEqual(Object.entries(content[index]!.scalars))
          expect(Object.entries(one.histograms ?? {})).toEqual(Object.entries(content[index]!.histograms))
        })
      }),
    )
  })

  it('have their checksums from the polynomial of Castagnoli', () => {
    // RFC 3720, appendix B.4: 32 bytes of zeros.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  })

  it('are refused when a bit has changed or the end is missing', () => {
    for (let bit = 0; bit < written.length * 8; bit++) {
      const changed = written.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => readEventFile(changed), `bit ${bit}`).toThrow('readEventFile: every record must be whole')
    }
    const ends = new Set([...recordEnds(written)])
    for (let length = 1; length < written.length; length++) {
      if (!ends.has(length)) expect(() => readEventFile(written.subarray(0, length))).toThrow('torn')
    }
  })

  it('can be read while they are written: what is whole', () => {
    const ends = [...recordEnds(written)]
    for (let length = 0; length <= written.length; length++) {
      const whole = ends.filter((end) => end <= length).length
      const found = readEventFile(written.subarray(0, length), { live: true })
      expect(found).toEqual(events.slice(0, Math.max(0, whole - 1)))
    }
    const changed = written.slice()
    changed[40]! ^= 1
    expect(() => readEventFile(changed, { live: true })).toThrow('checksum')
  })

  it('refuse what cannot be drawn', () => {
    expect(() => eventRecord({ wallTime: 0, step: -1, scalars: {} })).toThrow(
      'eventRecord: step must be a whole number >= 0, got -1',
    )
    expect(() => eventRecord({ wallTime: NaN, step: 0, scalars: {} })).toThrow('wallTime must be a finite')
    const histogram = { min: 0, max: 1, count: 1, sum: 1, sumOfSquares: 1, limits: [1], counts: [1, 0] }
    expect(() =>
      eventRecord({ wallTime: 0, step: 0, scalars: {}, histograms: { weights: histogram } }),
    ).toThrow('eventRecord: a histogram must have a limit for each count, got 1 for 2')
    expect(() => eventFileHeader(Infinity)).toThrow('eventFileHeader: wallTime')
  })
})

function* recordEnds(file: Uint8Array): Generator<number> {
  const view = new DataView(file.buffer, file.byteOffset)
  for (let offset = 0; offset < file.length;) {
    offset += Number(view.getBigUint64(offset, true)) + 16
    yield offset
  }
}
