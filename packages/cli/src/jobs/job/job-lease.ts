import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { link, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { KdError } from '@kd/core'
import { processStart } from '../../run/folder/process-start.js'
import { writeError } from '../../run/folder/write-file-safely.js'

/** How often the holder shows that it lives, in milliseconds. */
const BEAT = 2000
/** A holder that did not for so long is gone. Longer than any pause of a machine that is only busy. */
const LIMIT = 15_000
/** Between two looks at a lease that another process holds. */
const LOOK = 250

/** How a lease is waited for. */
export interface LeaseOptions {
  /** Ends the waiting, and the work. */
  readonly signal: AbortSignal
  /** Called once, when another process holds it. */
  readonly onWait: () => void
}

/**
 * Does work that no other process does at the same time, on any machine that sees the same file. A holder that was killed or
 * whose machine is gone loses it. Queues and clusters give a job to a second machine when they lose sight of the first,
 * which may still be writing.
 *
 * @param path - of the file that stands for the lease; its folder is made
 * @param options - see {@link LeaseOptions}
 * @param work - gets a signal that ends it when the lease was lost, too
 * @returns what the work gives; undefined when the signal came first
 * @throws {@link KdError} when the lease was lost under the work
 */
export async function withLease<Result>(
  path: string,
  { signal, onWait }: LeaseOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  const file = await acquire(path, { signal, onWait })
  if (file === undefined) return undefined
  const lost = new AbortController()
  const heart = new Worker(HEART, {
    eval: true,
    workerData: { fd: file.fd, path, every: BEAT },
    execArgv: [],
  })
  heart.on('message', () => lost.abort())
  // The one thing that it is for can be done without it, for as long as nobody else wants the job.
  heart.on('error', () => undefined)
  heart.unref()
  try {
    const result = await work(AbortSignal.any([signal, lost.signal]))
    if (!lost.signal.aborted) return result
    throw new KdError(`job: ${path} was taken over by another process, because this one stood still too long`)
  } finally {
    await heart.terminate()
    await file.close()
    if (!lost.signal.aborted) await rm(path, { force: true })
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
  let found
  try {
    found = statSync(path).ino
  } catch (error) {
    if (error.code !== 'ENOENT') return
  }
  if (found !== fstatSync(fd).ino) parentPort.postMessage('lost')
}, every)
`

async function acquire(path: string, { signal, onWait }: LeaseOptions): Promise<FileHandle | undefined> {
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw writeError(path, error)
  })
  let last: { readonly mark: string; readonly since: number } | undefined
  while (!signal.aborted) {
    const file = await create(path)
    if (file !== undefined) return file
    const found = await look(path)
    if (found === undefined) continue
    // By this machine's clock alone: those of two machines differ.
    const now = performance.now()
    if (last === undefined) onWait()
    if (last?.mark !== found.mark) last = { mark: found.mark, since: now }
    if (isGone(found.holder) || now - last.since > LIMIT) await takeAway(path, found.ino)
    else await setTimeout(LOOK)
  }
  return undefined
}

/** @returns undefined when the file is there already */
async function create(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(JSON.stringify({ system: thisSystem(), pid: process.pid }))
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
  readonly holder: string
}

/** Opens the file, which is what makes NFS ask the server. */
async function look(path: string): Promise<Found | undefined> {
  try {
    const file = await open(path)
    try {
      const { ino, mtimeMs } = await file.stat()
      return { ino, mark: `${ino} ${mtimeMs}`, holder: await file.readFile('utf8') }
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw writeError(path, error)
  }
}

/** Moves the file aside. Another process may have done so first and hold a new one, which is then put back. */
async function takeAway(path: string, ino: number): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
    if ((await stat(aside)).ino !== ino) await link(aside, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') throw writeError(path, error)
  }
  await rm(aside, { force: true })
}

/** Whether the holder was a process of this very system and is no more: then nobody has to wait. */
function isGone(holder: string): boolean {
  try {
    const { system, pid } = JSON.parse(holder) as { system?: unknown; pid?: unknown }
    return (
      typeof system === 'string' &&
      system === thisSystem() &&
      typeof pid === 'number' &&
      processStart(pid) === undefined
    )
  } catch {
    // Not written yet.
    return false
  }
}

/** What tells two sets of process numbers apart: the boot of a machine, and the container. Only Linux says. */
function thisSystem(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return null
  }
}
