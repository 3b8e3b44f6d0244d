import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { writeFileSafely } from '../../../run/folder/write-file-safely.js'
import { readRegularText } from '../../../config/regular-file.js'

/** The record, in the folder of a comparison or of answers, of why jobs failed that no process waited for. */
export const FAILURES = 'failures'

const schema = z.object({ message: z.string() })

/** Why one job failed: a file of its own, so that many tasks can write at once. */
export class FailureRecord {
  readonly #folder: string
  readonly #path: string

  /**
   * @param folder - of the comparison or the answers
   * @param id - of the job
   */
  constructor(folder: string, id: string) {
    this.#folder = join(folder, FAILURES)
    this.#path = join(this.#folder, `${id}.json`)
  }

  /** @returns the message; undefined when none is noted */
  async read(): Promise<string | undefined> {
    try {
      return schema.parse(JSON.parse(await readRegularText(this.#path))).message
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 'its failure could not be read'
    }
  }

  /** Notes why the job failed. */
  async write(message: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    await writeFileSafely(this.#path, `${JSON.stringify({ message })}\n`)
  }

  /** Forgets it: the job is tried again. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}
