import { KdError } from '@kd/core'
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeError, writeFileSafely } from '../folder/write-file-safely.js'
import { decodeCheckpoint, encodeCheckpoint, type RunCheckpoint } from './checkpoint-file.js'
import { readRegularFile } from '../../config/regular-file.js'

/** `<generation>-<SHA-256 of the file>.safetensors` */
const pattern = /^(\d{8,15})-([0-9a-f]{64})\.safetensors$/

/** How a checkpoint is looked for. */
export interface CheckpointQuery {
  readonly who: string
  readonly identity: string
  /** Length of metrics.jsonl, which must reach as far as the checkpoint says. */
  readonly metricsBytes: number
  /** This is called for each file that is not used, and why. */
  readonly onRefused: (file: string, reason: string) => void
}

/**
 * The checkpoints of a run: the newest, and the one before it should that turn out damaged. A file's name holds the hash of its
 * content, and it gets that name only when it is whole and on the disk.
 */
export class CheckpointFolder {
  readonly #path: string
  /** The name of the newest file that is known to be good. */
  #good: string | undefined

  /** @param path - made with the first checkpoint */
  constructor(path: string) {
    this.#path = path
  }

  /**
   * Writes one more checkpoint, and then removes all but it and the one before.
   *
   * @param checkpoint - of a training
   * @throws {@link KdError} naming the path when it cannot be written; the checkpoints that are there stay
   */
  async write(checkpoint: RunCheckpoint): Promise<void> {
    const bytes = encodeCheckpoint(checkpoint)
    const hash = createHash('sha256').update(bytes).digest('hex')
    await mkdir(this.#path, { recursive: true }).catch((error: unknown) => {
      throw writeError(this.#path, error)
    })
    const newest = (await this.#files()).at(0)
    const generation = newest === undefined ? 1 : generationOf(newest) + 1
    const name = `${String(generation).padStart(8, '0')}-${hash}.safetensors`
    await writeFileSafely(join(this.#path, name), bytes)
    await flushFolder(this.#path)
    await this.#removeAllBut([name, this.#good])
    this.#good = name
  }

  /**
   * Finds the newest good checkpoint of a training.
   *
   * @param query - see {@link CheckpointQuery}
   * @returns undefined where there is none
   */
  async latest({
    who,
    identity,
    metricsBytes,
    onRefused,
  }: CheckpointQuery): Promise<RunCheckpoint | undefined> {
    for (const file of await this.#files()) {
      const found = await this.#read(file)
      if (typeof found === 'string') onRefused(file, found)
      else if (found.who !== who) continue
      else if (found.identity !== identity) onRefused(file, 'it is of a run with other data or teachers')
      else if (found.metricsBytes > metricsBytes) {
        const [wanted, there] = [found.metricsBytes, metricsBytes]
        onRefused(file, `metrics.jsonl must have the ${wanted} bytes that it had then, got ${there}`)
      } else {
        this.#good = file
        return found
      }
    }
    return undefined
  }

  /** Removes the folder: a run that is finished needs none. */
  async remove(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true })
  }

  /** The checkpoint, or why it is none. */
  async #read(file: string): Promise<RunCheckpoint | string> {
    try {
      const bytes = await readRegularFile(join(this.#path, file))
      const hash = createHash('sha256').update(bytes).digest('hex')
      if (hash !== pattern.exec(file)![2])
        return `its ${bytes.length} bytes must have the SHA-256 of its name, got ${hash}`
      return decodeCheckpoint(bytes)
    } catch (error) {
      if (KdError.isInstance(error)) return error.message.replace('\n  ', '; ')
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      return `it cannot be read (${code})`
    }
  }

  /** Names of checkpoints, the newest first; links and other things are none. */
  async #files(): Promise<string[]> {
    const entries = await readdir(this.#path, { withFileTypes: true }).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return []
      throw new KdError(`cannot read ${this.#path}: ${code}`, { cause: error })
    })
    const names = entries
      .filter((entry) => entry.isFile() && pattern.test(entry.name))
      .map(({ name }) => name)
    return names.sort((one, other) => generationOf(other) - generationOf(one))
  }

  /** Also what a write left behind that was killed. */
  async #removeAllBut(kept: readonly (string | undefined)[]): Promise<void> {
    const files = (await readdir(this.#path, { withFileTypes: true })).filter((entry) => entry.isFile())
    const old = files.filter(
      ({ name }) => pattern.test(name.replace(/\.\d+\.tmp$/, '')) && !kept.includes(name),
    )
    await Promise.all(old.map(({ name }) => rm(join(this.#path, name), { force: true })))
  }
}

function generationOf(file: string): number {
  return Number(pattern.exec(file)![1])
}

/** Puts a new name in a folder on the disk as well, where the system lets folders be flushed. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
