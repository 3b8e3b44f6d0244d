import { eventFileHeader, eventRecord, readEventFile, type SummaryEvent } from '@kd/report'
import { appendFile, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { metricsEvent } from './metrics-event.js'
import { metricsLines } from './metrics-lines.js'
import type { RunFolder } from '../folder/run-folder.js'
import { writeError } from '../folder/write-file-safely.js'

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
    const wanted = (await metricsLines(folder.path)).flatMap((line) => metricsEvent(line) ?? [])
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
    const event = metricsEvent(JSON.parse(JSON.stringify(line)))
    if (event === undefined) return
    await attempt(this.#path, () => appendFile(this.#path, eventRecord({ ...event, wallTime: now() })))
  }
}

function now(): number {
  return Date.now() / 1000
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
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
function isSame(
  there: SummaryEvent | undefined,
  { step, scalars, histograms }: Omit<SummaryEvent, 'wallTime'>,
): boolean {
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
