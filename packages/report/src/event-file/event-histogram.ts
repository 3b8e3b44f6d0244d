import { bytesField, doubleField, readFields } from './protocol-buffer.js'

/** How numbers were spread at one moment, in the form of TensorBoard's histograms. */
export interface EventHistogram {
  readonly min: number
  readonly max: number
  /** How many numbers there were. */
  readonly count: number
  readonly sum: number
  readonly sumOfSquares: number
  /** The upper end of each bar, ascending; a bar begins where the one before it ends. */
  readonly limits: readonly number[]
  /** How many numbers each bar has; there are as many bars as `limits`. */
  readonly counts: readonly number[]
}

// Field numbers of HistogramProto in tensorflow/core/framework/summary.proto.
const MOMENTS = ['min', 'max', 'count', 'sum', 'sumOfSquares'] as const
const LIMITS = 6
const COUNTS = 7

/**
 * Writes a histogram as the content of a HistogramProto.
 *
 * @throws RangeError when limits and counts are not equally many
 */
export function histogramFields(histogram: EventHistogram): number[] {
  const { limits, counts } = histogram
  if (limits.length !== counts.length)
    throw new RangeError(
      `eventRecord: a histogram must have a limit for each count, got ${limits.length} for ${counts.length}`,
    )
  return [
    ...MOMENTS.flatMap((name, index) => doubleField(index + 1, histogram[name])),
    ...bytesField(LIMITS, new Uint8Array(Float64Array.from(limits).buffer)),
    ...bytesField(COUNTS, new Uint8Array(Float64Array.from(counts).buffer)),
  ]
}

/** Reads the fields that {@link histogramFields} makes. Lists must be packed, as writers of this format store them. */
export function readHistogram(message: Uint8Array): EventHistogram {
  const moments = { min: 0, max: 0, count: 0, sum: 0, sumOfSquares: 0 }
  let limits: number[] = []
  let counts: number[] = []
  for (const { number, wireType, bytes } of readFields(message)) {
    const name = MOMENTS[number - 1]
    if (wireType === 1 && name !== undefined) moments[name] = doublesOf(bytes)[0]!
    else if (wireType === 2 && number === LIMITS) limits = doublesOf(bytes)
    else if (wireType === 2 && number === COUNTS) counts = doublesOf(bytes)
  }
  return { ...moments, limits, counts }
}

function doublesOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length >> 3 }, (_, index) => view.getFloat64(8 * index, true))
}
