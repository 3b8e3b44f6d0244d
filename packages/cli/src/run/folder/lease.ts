import { randomUUID } from 'node:crypto'
import { fstatSync, rmSync, statSync } from 'node:fs'
import { link, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { isAliveHere, leaseHolder, leaseText, type LeaseHolder } from './lease-holder.js'
import { writeError } from './write-file-safely.js'

/** How often the holder shows that it lives, in milliseconds. */
const BEAT = 2000
/** A holder elsewhere that did not for so long is gone. Longer than any pause of a machine that is only busy. */
const LIMIT = 15_000
/** Between two looks at a lease that another process holds. */
const LOOK = 250

const held = new Set<Lease>()
process.on('exit', () => {
  for (const lease of held) lease.removeNow()
})

/** How a lease is taken. */
export interface LeaseOptions {
  /** How long to wait for a holder that lives, in seconds. It may take up to 15 more to find out that it does. @defaultValue 0 */
  readonly waitSeconds?: number | undefined
  /** Id of the job that it is taken for. Another holder for the same job has lost the job, and loses this as well. */
  readonly job?: string | undefined
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined
  /** Called once, when another process holds it. */
  readonly onWait?: (() => void) | undefined
}

/**
 * What one process has at a time, on any machine that sees the same file. A holder that was killed loses it at once to a process that
 * can see that: one of the same machine and container. Elsewhere it is gone when the file was not touched for 15 seconds, by the clock
 * of whoever waits: the clocks of two machines differ.
 */
export class Lease {
  readonly #path: string
  readonly #file: FileHandle
  readonly #heart: Worker
  readonly #lost = new AbortController()

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
    this.#heart = new Worker(HEART, {
      eval: true,
      workerData: { fd: file.fd, path, every: BEAT },
      execArgv: [],
    })
    this.#heart.on('message', () => this.#lost.abort())
    // The one thing that it is for can be done without it, for as long as nobody else wants the lease.
    this.#heart.on('error', () => undefined)
    this.#heart.unref()
    held.add(this)
  }

  /**
   * Takes a lease.
   *
   * @param path - of the file that stands for it, in a folder that is there
   * @param options - see {@link LeaseOptions}
   * @returns the lease, or who holds it
   */
  static async take(
    path: string,
    { waitSeconds = 0, job, signal, onWait }: LeaseOptions = {},
  ): Promise<Lease | { readonly holder: LeaseHolder | undefined }> {
    const end = performance.now() + 1000 * waitSeconds
    let last: { readonly mark: string; readonly since: number } | undefined
    let hasMoved = false
    for (;;) {
      const file = await create(path, job)
      if (file !== undefined) return new Lease(path, file)
      const found = await look(path)
      if (found === undefined) continue
      const holder = leaseHolder(found.text)
      if (signal?.aborted) return { holder }
      const isAlive = isAliveHere(holder)
      const now = performance.now()
      if (last === undefined) onWait?.()
      if (last?.mark !== found.mark) {
        hasMoved ||= last !== undefined
        last = { mark: found.mark, since: now }
      }
      const isSilent = isAlive === undefined && now - last.since > LIMIT
      const hasLostJob = job !== undefined && holder?.job === job
      if (isAlive === false || isSilent || hasLostJob) await takeAway(path, found)
      else if ((isAlive === true || hasMoved) && now >= end) return { holder }
      else await sleep(LOOK)
    }
  }

  /** This is set off when another process has taken the lease over. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Looks whether it is still this process's: one that stood still for too long can have lost it. */
  isHeld(): boolean {
    const { ino, nlink } = fstatSync(this.#file.fd)
    const found = statSync(this.#path, { throwIfNoEntry: false })
    // Whoever took it by mistake for that of another puts it back.
    return found === undefined ? nlink > 0 : found.ino === ino
  }

  /** Gives it back. */
  async release(): Promise<void> {
    held.delete(this)
    await this.#heart.terminate()
    const isHeld = this.isHeld()
    await this.#file.close()
    if (isHeld) await rm(this.#path, { force: true })
  }

  /** Gives it back while the process ends. */
  removeNow(): void {
    if (this.isHeld()) rmSync(this.#path, { force: true })
  }
}

/** A thread of its own, because training blocks the event loop. The file's identity tells whether it is still ours. */
const HEART = `
const { parentPort, workerData: { fd, path, every } } = require('node:worker_threads')
const { fstatSync, futimesSync, statSync } = require('node:fs')
setInterval(() => {
  try {
    const now = Date.now() / 1000
    futimesSync(fd, now, now)
  } catch {}
  try {
    const { ino, nlink } = fstatSync(fd)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined ? nlink === 0 : found.ino !== ino) parentPort.postMessage('lost')
  } catch {}
}, every)
`

/** @returns undefined when the file is there already */
async function create(path: string, job: string | undefined): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(leaseText(job))
    return file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw writeError(path, error)
  }
}

interface Found {
  readonly ino: number
  /** Changes with every beat. */
  readonly mark: string
  readonly text: string
}

/** Opens the file, which is what makes NFS ask the server. */
async function look(path: string): Promise<Found | undefined> {
  try {
    const file = await open(path)
    try {
      const { ino, mtimeMs } = await file.stat()
      return { ino, mark: `${ino} ${mtimeMs}`, text: await file.readFile('utf8') }
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw writeError(path, error)
  }
}

/** Moves the file aside. Another process may have done so first and hold a new one, which is then put back. */
async function takeAway(path: string, { ino, text }: Found): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
    // The number of a file that is gone is given to the next one.
    const isThatOne = (await stat(aside)).ino === ino && (await readFile(aside, 'utf8')) === text
    if (!isThatOne) await link(aside, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') throw writeError(path, error)
  }
  await rm(aside, { force: true })
}
