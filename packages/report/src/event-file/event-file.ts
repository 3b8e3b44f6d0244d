import { bytesField, doubleField, floatField, int64Field, readFields } from './protocol-buffer.js'
import { readRecords, writeRecord } from './records.js'

/** Numbers measured at one moment. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number
  /** Position on the horizontal axis, a whole number >= 0, such as the epoch. */
  readonly step: number
  /** By name; TensorBoard groups names by what stands before a slash. */
  readonly scalars: Readonly<Record<string, number>>
}

// Field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
const WALL_TIME = 1
const STEP = 2
const FILE_VERSION = 3
const SUMMARY = 5
const VALUE = 1
const TAG = 1
const SIMPLE_VALUE = 2
const VERSION = 'brain.Event:2'

const utf8 = new TextEncoder()

/**
 * The first record of a TensorBoard event file. What follows is made by {@link eventRecord}; records are appended to the file as they
 * come. TensorBoard finds files whose name contains `tfevents`.
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
 * One moment's numbers as a record of a TensorBoard event file.
 *
 * Numbers are stored as float32, as TensorBoard's own scalar summaries are.
 *
 * @param event - see {@link ScalarEvent}
 * @returns bytes to append to the file
 * @throws RangeError when the time is not finite or the step is not a whole number >= 0
 * @see {@link eventFileHeader} for an example; tensorflow/core/util/event.proto for the format
 */
export function eventRecord({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  assertTime(wallTime, 'eventRecord')
  if (!Number.isSafeInteger(step) || step < 0)
    throw new RangeError(`eventRecord: step must be a whole number >= 0, got ${step}`)
  const summary = Object.entries(scalars).flatMap(([tag, value]) =>
    bytesField(VALUE, [...bytesField(TAG, utf8.encode(tag)), ...floatField(SIMPLE_VALUE, value)]),
  )
  return writeRecord(
    Uint8Array.from([
      ...doubleField(WALL_TIME, wallTime),
      ...int64Field(STEP, step),
      ...bytesField(SUMMARY, summary),
    ]),
  )
}

/**
 * The scalar events of a TensorBoard event file; what else it holds is passed over.
 *
 * @param bytes - the whole file
 * @returns its events in order, without the header
 * @throws Error when a record is torn, changed, or no event
 * @see {@link eventFileHeader} for an example
 */
export function readEventFile(bytes: Uint8Array): ScalarEvent[] {
  const events: ScalarEvent[] = []
  for (const record of readRecords(bytes)) {
    let wallTime = 0
    let step = 0
    const scalars = new Map<string, number>()
    for (const { number, wireType, integer, bytes: content } of readFields(record)) {
      if (number === WALL_TIME && wireType === 1) wallTime = viewOf(content).getFloat64(0, true)
      else if (number === STEP && wireType === 0) step = Number(BigInt.asIntN(64, integer))
      else if (number === SUMMARY && wireType === 2) readSummary(content, scalars)
    }
    // From entries, so that a tag such as __proto__ is a name like any other.
    if (scalars.size > 0) events.push({ wallTime, step, scalars: Object.fromEntries(scalars) })
  }
  return events
}

function readSummary(summary: Uint8Array, scalars: Map<string, number>): void {
  for (const { number, wireType, bytes } of readFields(summary)) {
    if (number !== VALUE || wireType !== 2) continue
    let tag = ''
    let value: number | undefined
    for (const field of readFields(bytes)) {
      if (field.number === TAG && field.wireType === 2) tag = new TextDecoder().decode(field.bytes)
      else if (field.number === SIMPLE_VALUE && field.wireType === 5)
        value = viewOf(field.bytes).getFloat32(0, true)
    }
    if (value !== undefined) scalars.set(tag, value)
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function assertTime(wallTime: number, caller: string): void {
  if (!Number.isFinite(wallTime))
    throw new RangeError(`${caller}: wallTime must be a finite number of seconds, got ${wallTime}`)
}
