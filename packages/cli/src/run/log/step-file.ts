import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { RunFolder } from '../folder/run-folder.js'
import type { RunProgress } from './run-progress.js'

/** Milliseconds between two writes. */
const PAUSE = 1000
/** More than the file holds. */
const MAX_BYTES = 10_000

/** How far a training is within its epoch. */
export const stepSchema = z.strictObject({
  who: z
    .string()
    .max(100)
    .regex(/^[\w ]+$/),
  step: z.strictObject({
    epoch: z.int().min(0),
    epochs: z.int().min(1),
    step: z.int().min(1),
    stepsPerEpoch: z.int().min(1),
    loss: z.number().optional(),
  }),
})

/** What progress.json of a run says: the student's or a teacher's training, and its last step. */
export type NotedStep = z.output<typeof stepSchema>

/** The file progress.json of a run that goes on, for whoever watches it. It is lost with the run's process, and no result. */
export class StepFile {
  readonly #folder: RunFolder
  readonly #path: string
  #writtenAt = -PAUSE
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false

  /** @param folder - of the run */
  constructor(folder: RunFolder) {
    this.#folder = folder
    this.#path = pathIn(folder.path)
  }

  /** Notes a step, at most once a second, without waiting for the disk. */
  note(progress: RunProgress): void {
    const now = performance.now()
    if (progress.kind !== 'step' || this.#isWriting || now - this.#writtenAt < PAUSE) return
    this.#writtenAt = now
    this.#isWriting = true
    this.#writing = this.#write({ who: progress.who, step: progress.step }).finally(() => {
      this.#isWriting = false
    })
  }

  /** Removes the file. */
  async remove(): Promise<void> {
    await this.#writing
    await rm(this.#path, { force: true }).catch(() => undefined)
  }

  async #write(noted: object): Promise<void> {
    const temporary = `${this.#path}.${process.pid}.tmp`
    try {
      this.#folder.assertHeld()
      // Renamed, so that nobody reads half of it; not flushed, for it need not outlive the machine.
      await writeFile(temporary, JSON.stringify(noted))
      await rename(temporary, this.#path)
    } catch {
      // A full disk or a lost folder ends the run where it writes what counts, and says so there.
      await rm(temporary, { force: true }).catch(() => undefined)
    }
  }
}

/**
 * Reads how far a run is within its epoch.
 *
 * @param folder - of the run
 * @returns undefined where it has not said so
 */
export async function readStep(folder: string): Promise<NotedStep | undefined> {
  const path = pathIn(folder)
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile() || found.size > MAX_BYTES) return undefined
  const text = await readFile(path, 'utf8').catch(() => '')
  try {
    return stepSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function pathIn(folder: string): string {
  return join(folder, 'progress.json')
}
