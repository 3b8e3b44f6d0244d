import { readVarInt, type ByteReader } from './byte-reader.js'

/** The size of the runs of Parquet's "RLE / bit-packing hybrid", and a value to count in them. */
export interface Runs {
  /** The number of bits of a value. */
  readonly width: number
  /** The number of values that the runs hold. */
  readonly count: number
  /** The value to count. @defaultValue none */
  readonly wanted?: number
}

/**
 * Reads the lengths of runs without writing their values out. hyparquet's decoder writes as many values as a run claims to have,
 * up to two billion of two bytes, and never ends with groups of values of no bits.
 *
 * @returns how often the wanted value is among them
 * @throws RangeError when a run is longer than the values that are left, or ends behind the bytes
 */
export function walkRuns(reader: ByteReader, { width, count, wanted = -1 }: Runs): number {
  if (width > 32) throw new RangeError(`values of ${width} bits`)
  let [seen, occurrences] = [0, 0]
  while (seen < count) {
    const header = readVarInt(reader)
    const packed = header % 2 === 1
    const length = packed ? (header - 1) * 4 : header / 2
    // Packed values come in eights; some writers fill up more than the last.
    if (length > count - seen + (packed ? 511 : 0)) {
      throw new RangeError(`a run of ${length} values where ${count - seen} are left`)
    }
    const from = reader.offset
    reader.offset += packed ? (length / 8) * width : Math.ceil(width / 8)
    if (reader.offset > reader.view.byteLength) throw new RangeError('a run that ends behind its page')
    if (wanted >= 0) {
      if (!packed) occurrences += valueAt(reader.view, from * 8, width) === wanted ? length : 0
      else
        occurrences += packedCount(reader.view, {
          from,
          width,
          length: Math.min(length, count - seen),
          wanted,
        })
    }
    seen += length
  }
  return occurrences
}

interface PackedRun {
  readonly from: number
  readonly width: number
  readonly length: number
  readonly wanted: number
}

function packedCount(view: DataView, { from, width, length, wanted }: PackedRun): number {
  let occurrences = 0
  for (let index = 0; index < length; index++) {
    if (valueAt(view, from * 8 + index * width, width) === wanted) occurrences++
  }
  return occurrences
}

/** Reads a value; levels have so few bits that two bytes hold any of them. */
function valueAt(view: DataView, bit: number, width: number): number {
  const at = bit >>> 3
  const next = at + 1 < view.byteLength ? view.getUint8(at + 1) : 0
  return ((view.getUint8(at) | (next << 8)) >>> (bit & 7)) & ((1 << width) - 1)
}
