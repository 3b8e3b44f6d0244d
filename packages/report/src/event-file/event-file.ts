import { histogramFields, readHistogram, type EventHistogram } from './event-histogram.js'
import { bytesField, doubleField, floatField, int64Field, readFields } from './protocol-buffer.js'
import { readRecords, writeRecord } from './records.js'

/** The numbers that were measured at one moment. */
export interface SummaryEvent {
  /** The time in seconds since 1970. */
  readonly wallTime: number
  /** The position on the horizontal axis, a whole number >= 0, such as the epoch. */
  readonly step: number
  /** Single numbers by name. TensorBoard groups names by the part before a slash. */
  readonly scalars: Readonly<Record<string, number>>
  /** Histograms by name; their names are grouped in the same way. */
  readonly histograms?: Readonly<Record<string, EventHistogram>>
}

/** Options of {@link readEventFile}. */
export interface ReadEventFileOptions {
  /** Whether the file may still be written to; half a record at its end is then ignored. @defaultValue false */
  readonly live?: boolean
}

// Field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
const WALL_TIME = 1
const STEP = 2
const FILE_VERSION = 3
const SUMMARY = 5
const VALUE = 1
const TAG = 1
const SIMPLE_VALUE = 2
const HISTOGRAM = 5
const VERSION = 'brain.Event:2'

const utf8 = new TextEncoder()

/**
 * Makes the first record of a TensorBoard event file. {@link eventRecord} makes those that follow, each of which is appended to the
 * file. TensorBoard finds files whose name contains `tfevents`.
 *
 * @param wallTime - seconds since 1970
 * @returns bytes to begin the file with
 * @throws RangeError when the time is not finite
 *
 * @example
 * ```ts
 * import { eventFileHeader, eventRecord, readEventFile } from '@kd/report'
 *
 * const wallTime = Date.now() / 1000
 * const file = [
 *   ...eventFileHeader(wallTime),
 *   ...eventRecord({ wallTime, step: 1, scalars: { 'train/loss': 0.5 } }),
 * ]
 * console.log(readEventFile(Uint8Array.from(file))[0]?.scalars['train/loss']) // 0.5
 * ```
 */
export function eventFileHeader(wallTime: number): Uint8Array {
  assertTime(wallTime, 'eventFileHeader')
  return writeRecord(
    Uint8Array.from([...doubleField(WALL_TIME, wallTime), ...bytesField(FILE_VERSION, utf8.encode(VERSION))]),
  )
}

/**
 * Makes a record of a TensorBoard event file from the numbers of one moment.
 *
 * Scalars are stored as float32, as TensorBoard's own scalar summaries are, and histograms as float64.
 *
 * @param event - see {@link SummaryEvent}
 * @returns bytes to append to the file
 * @throws RangeError when the time is not finite or the step is not a whole number >= 0
 * @see {@link eventFileHeader} for an example; tensorflow/core/util/event.proto for the format
 */
export function eventRecord({ wallTime, step, scalars, histograms = {} }: SummaryEvent): Uint8Array {
  assertTime(wallTime, 'eventRecord')
  if (!Number.isSafeInteger(step) || step < 0)
    throw new RangeError(`eventRecord: step must be a whole number >= 0, got ${step}`)
  const value = (tag: string, content: readonly number[]): number[] =>
    bytesField(VALUE, [...bytesField(TAG, utf8.encode(tag)), ...content])
  const summary = [
    ...Object.entries(scalars).flatMap(([tag, scalar]) => value(tag, floatField(SIMPLE_VALUE, scalar))),
    ...Object.entries(histograms).flatMap(([tag, histogram]) =>
      value(tag, bytesField(HISTOGRAM, histogramFields(histogram))),
    ),
  ]
  return writeRecord(
    Uint8Array.from([
      ...doubleField(WALL_TIME, wallTime),
      ...int64Field(STEP, step),
      ...bytesField(SUMMARY, summary),
    ]),
  )
}

/**
 * Reads the scalars and histograms of a TensorBoard event file, and ignores its other content.
 *
 * @param bytes - the whole file, or the part of it that is written
 * @param options - see {@link ReadEventFileOptions}
 * @returns its events in order, without the header
 * @throws Error when a record is torn, changed, or no event
 * @see {@link eventFileHeader} for an example
 */
export function readEventFile(bytes: Uint8Array, options: ReadEventFileOptions = {}): SummaryEvent[] {
  const events: SummaryEvent[] = []
  for (const record of readRecords(bytes, options)) {
    let wallTime = 0
    let step = 0
    const content: SummaryContent = { scalars: new Map(), histograms: new Map() }
    for (const { number, wireType, integer, bytes: value } of readFields(record)) {
      if (number === WALL_TIME && wireType === 1) wallTime = viewOf(value).getFloat64(0, true)
      else if (number === STEP && wireType === 0) step = Number(BigInt.asIntN(64, integer))
      else if (number === SUMMARY && wireType === 2) readSummary(value, content)
    }
    if (content.scalars.size + content.histograms.size === 0) continue
    // Unlike assignment, fromEntries makes a tag such as __proto__ a name like any other.
    const [scalars, histograms] = [
      Object.fromEntries(content.scalars),
      Object.fromEntries(content.histograms),
    ]
    events.push({ wallTime, step, scalars, ...(content.histograms.size > 0 && { histograms }) })
  }
  return events
}

interface SummaryContent {
  readonly scalars: Map<string, number>
  readonly histograms: Map<string, EventHistogram>
}

function readSummary(summary: Uint8Array, { scalars, histograms }: SummaryContent): void {
  for (const { number, wireType, bytes } of readFields(summary)) {
    if (number !== VALUE || wireType !== 2) continue
    let tag = ''
    let scalar: number | undefined
    let histogram: EventHistogram | undefined
    for (const field of readFields(bytes)) {
      if (field.number === TAG && field.wireType === 2) tag = new TextDecoder().decode(field.bytes)
      else if (field.number === SIMPLE_VALUE && field.wireType === 5)
        scalar = viewOf(field.bytes).getFloat32(0, true)
      else if (field.number === HISTOGRAM && field.wireType === 2) histogram = readHistogram(field.bytes)
    }
    if (scalar !== undefined) scalars.set(tag, scalar)
    if (histogram !== undefined) histograms.set(tag, histogram)
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function assertTime(wallTime: number, caller: string): void {
  if (!Number.isFinite(wallTime))
    throw new RangeError(`${caller}: wallTime must be a finite number of seconds, got ${wallTime}`)
}
