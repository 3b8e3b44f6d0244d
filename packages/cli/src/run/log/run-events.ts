import {
  eventFileHeader,
  eventRecord,
  readEventFile,
  type EventHistogram,
  type SummaryEvent,
} from '@kd/report'
import { appendFile, open } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { RunFolder } from '../folder/run-folder.js'
import { parsedLine, readRunLog, type ReadLineOf } from './run-log.js'
import type { Spread } from './spread.js'
import { writeError } from '../folder/write-file-safely.js'
import { readRegularFile } from '../../config/regular-file.js'

/** TensorBoard looks for `tfevents` in a name. Always the same, so that a run that goes on goes on in its file. */
const NAME = 'events.out.tfevents.kd'
const HEADER_BYTES = eventFileHeader(0).length

/**
 * The TensorBoard event file of a run. Everything in it but the times follows from metrics.jsonl, by which it is put right when a run
 * goes on: no event twice, none missing, whatever a kill has left.
 */
export class RunEvents {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /**
   * Opens the file of a run, and makes it say what metrics.jsonl says. Events that stay keep their times, and their bytes their places,
   * so that a TensorBoard that is reading meanwhile goes on too.
   *
   * @param folder - of the run
   * @returns the file, to append to
   * @throws {@link KdError} naming the file, when it cannot be written
   */
  static async open(folder: RunFolder): Promise<RunEvents> {
    const path = join(folder.path, NAME)
    const wanted = (await readRunLog(folder.path)).flatMap((line) => summaryOf(line) ?? [])
    const before = await bytesOf(path)
    const there = eventsOf(before)
    const stay = wanted.findIndex((event, index) => !isSame(there[index], event))
    const kept = there.slice(0, stay === -1 ? wanted.length : stay)
    const content = Buffer.concat([
      kept.length > 0 ? before.subarray(0, HEADER_BYTES) : eventFileHeader(now()),
      ...kept.map(eventRecord),
      ...wanted.slice(kept.length).map((event) => eventRecord({ ...event, wallTime: now() })),
    ])
    await attempt(path, async () => {
      // Not replaced: a reader would hold on to the old file. What a kill leaves half done, the next opening puts right.
      const file = await open(path, before.length > 0 ? 'r+' : 'w')
      try {
        await file.writeFile(content)
        await file.truncate(content.length)
      } finally {
        await file.close()
      }
    })
    return new RunEvents(path)
  }

  /** Appends what a line of metrics.jsonl says, if it is for TensorBoard. */
  async append(line: object): Promise<void> {
    const event = summaryOf(JSON.parse(JSON.stringify(line)))
    if (event === undefined) return
    await attempt(this.#path, () => appendFile(this.#path, eventRecord({ ...event, wallTime: now() })))
  }
}

function now(): number {
  return Date.now() / 1000
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readRegularFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array()
    throw writeError(path, error)
  }
}

function eventsOf(bytes: Uint8Array): SummaryEvent[] {
  try {
    return readEventFile(bytes, { live: true })
  } catch {
    // Damaged: everything is written again, and only the times are lost.
    return []
  }
}

/** Whether an event of the file says what a line says; the file holds scalars as float32. */
function isSame(there: SummaryEvent | undefined, { step, scalars, histograms }: Summary): boolean {
  const rounded = Object.fromEntries(Object.entries(scalars).map(([tag, value]) => [tag, Math.fround(value)]))
  const wanted = { step, scalars: rounded, ...(histograms && { histograms }) }
  return there !== undefined && isDeepStrictEqual({ ...wanted, wallTime: there.wallTime }, there)
}

async function attempt(path: string, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    throw writeError(path, error)
  }
}

/** An event before it is written. */
type Summary = Omit<SummaryEvent, 'wallTime'>

/**
 * What a line of metrics.jsonl is for TensorBoard: its numbers by name, at the epoch as the step.
 *
 * @param value - as JSON has it
 * @returns undefined for a line that says nothing over time, such as the result
 */
export function summaryOf(value: unknown): Summary | undefined {
  const line = parsedLine(value)
  switch (line?.kind) {
    case 'epoch':
      return { step: line.epoch, scalars: epochScalars(line) }
    case 'method': {
      const scalars = named('method/', line.figures)
      return Object.keys(scalars).length === 0 ? undefined : { step: line.epoch, scalars }
    }
    case 'examples':
      return examplesEvent(line)
    case 'result':
    case undefined:
      return undefined
  }
}

function examplesEvent(line: ReadLineOf<'examples'>): Summary | undefined {
  const { scalars, histograms } = spreadsEvent('examples/', line.spreads)
  const all = { ...scalars, ...named('examples/', line.shares) }
  if (Object.keys(all).length === 0) return undefined
  return { step: line.epoch, scalars: all, ...(Object.keys(histograms).length > 0 && { histograms }) }
}

function spreadsEvent(
  prefix: string,
  spreads: Readonly<Record<string, Spread>>,
): Required<Pick<SummaryEvent, 'scalars' | 'histograms'>> {
  const entries = Object.entries(spreads)
  return {
    scalars: Object.fromEntries(entries.map(([name, { mean }]) => [`${prefix}${name} mean`, mean])),
    histograms: Object.fromEntries(entries.map(([name, of]) => [prefix + name, histogramOf(of)])),
  }
}

function epochScalars({
  steps,
  seconds,
  learningRate,
  train,
  validation,
}: ReadLineOf<'epoch'>): Record<string, number> {
  // How many examples were looked at is no figure that changes.
  const { examples: _, ...measured } = validation ?? {}
  return {
    'train/loss': train.loss,
    ...named('train/loss of ', train.parts),
    ...named('train/', train.figures),
    ...named('validation/', measured),
    'run/learningRate': learningRate,
    'run/secondsPerStep': steps === 0 ? NaN : seconds / steps,
  }
}

function named(prefix: string, values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[prefix + name, value]])),
  )
}

/** Makes the histogram of an event file from bars of the same width. */
function histogramOf({ mean, standardDeviation, histogram: { min, max, counts } }: Spread): EventHistogram {
  const count = counts.reduce((sum, of) => sum + of, 0)
  const width = (max - min) / counts.length
  return {
    min,
    max,
    count,
    sum: count * mean,
    sumOfSquares: count * (mean ** 2 + standardDeviation ** 2),
    // All weights equal: one bar, since limits must ascend.
    limits:
      width > 0 ? counts.map((_, bar) => (bar + 1 === counts.length ? max : min + (bar + 1) * width)) : [max],
    counts: width > 0 ? counts : [count],
  }
}
