import { rmSync } from 'node:fs'
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { KdError } from '@kd/core'
import { UsageError } from '../../config/usage-error.js'
import { processStart } from './process-start.js'
import { writeError } from './write-file-safely.js'

/**
 * `lock-<host>-<pid>-<start>`: the name alone says whose it is, and no two processes ever have the same. So nobody takes half
 * of a lock for none, and whoever removes that of a dead process cannot hit another's.
 */
export const lockPattern = /^lock-([\w.-]+)-(\d+)-([0-9a-f]{8}\.\d+|unknown)$/

/** Milliseconds between two signs of life. */
const SIGN_OF_LIFE = 15_000
/** Without one for so long, a process of another machine counts as dead: nobody here can look for it. */
const SILENCE = 120_000
/** Milliseconds between two tries, and how many there are in any case: two that begin at once see each other and step back. */
const RETRY = 100
const TRIES = 4

const host = hostname()
  .replace(/[^\w.-]/g, '_')
  .slice(0, 100)
/** The locks that this process holds. */
const held = new Set<string>()
process.on('exit', () => {
  for (const path of held) rmSync(path, { force: true })
})

/** How a folder is taken. */
export interface LockOptions {
  /** How long to wait for another process to end. @defaultValue 0 */
  readonly waitSeconds?: number | undefined
  /** Id of the job that is done there, whose lease this process holds. */
  readonly job?: string | undefined
}

/**
 * Keeps two processes from working in one folder. A process that was killed leaves its lock behind; whoever comes next sees
 * by pid and start that it is dead, and takes over at once. The lock of a job's process says for which job it is: whoever holds the
 * lease of that now has it from one who lost it, and takes over at once wherever that one was.
 */
export class FolderLock {
  readonly #path: string
  readonly #timer: NodeJS.Timeout

  private constructor(path: string) {
    this.#path = path
    held.add(path)
    const touch = (): void => {
      const now = new Date()
      // Whoever looks next decides by what it finds.
      utimes(path, now, now).catch(() => undefined)
    }
    this.#timer = setInterval(touch, SIGN_OF_LIFE).unref()
  }

  /**
   * Takes a folder for this process.
   *
   * @param folder - which is there
   * @param options - see {@link LockOptions}
   * @returns the lock, to be released
   * @throws {@link UsageError} naming the process that works there
   */
  static async take(folder: string, { waitSeconds = 0, job }: LockOptions = {}): Promise<FolderLock> {
    const path = join(folder, `lock-${host}-${process.pid}-${processStart(process.pid)!}`)
    const end = performance.now() + 1000 * waitSeconds
    for (let attempt = 1; ; attempt++) {
      // First each puts its own down, then it looks: of two at once, at least one sees the other.
      const holder = (await create(path, job)) ? await otherHolder(folder, path, job) : path
      if (holder === undefined) return new FolderLock(path)
      if (holder !== path) await rm(path, { force: true })
      if (attempt >= TRIES && performance.now() >= end) throw await refusal(folder, holder)
      await sleep(RETRY + (process.pid % RETRY))
    }
  }

  /**
   * Checks that nobody has taken over meanwhile, as happens to a process that stood still too long.
   *
   * @throws {@link KdError} when somebody has
   */
  async assertHeld(): Promise<void> {
    const isHeld = await stat(this.#path).then(
      () => true,
      (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
    )
    if (!isHeld) throw new KdError(`${dirname(this.#path)} was taken over by another process`)
  }

  /** Gives the folder back. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    held.delete(this.#path)
    await rm(this.#path, { force: true })
  }
}

/** False when this process has the folder already. */
async function create(path: string, job = ''): Promise<boolean> {
  try {
    await writeFile(path, job, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw writeError(path, error)
  }
}

/** The lock of another process that lives; those of dead ones are removed, and that of one who lost the lease of this job. */
async function otherHolder(
  folder: string,
  own: string,
  job: string | undefined,
): Promise<string | undefined> {
  // By the clock of the disk, as those of others.
  const now = await stat(own).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  )
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (!lockPattern.test(name) || path === own) continue
    const isOfThisJob = job !== undefined && (await contentOf(path)) === job
    if (!isOfThisJob && (await isAlive(path, now))) return path
    await rm(path, { force: true })
  }
  return undefined
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw writeError(path, error)
  }
}

/**
 * Whether the process lives that put a lock down.
 *
 * @param path - of the lock
 * @param now - in milliseconds, by a clock that the lock's time can be compared with; looked at for other machines alone
 */
export async function isAlive(path: string, now: number): Promise<boolean> {
  const { isHere, pid, start } = lockOwner(basename(path))
  if (isHere) return processStart(pid) === start
  try {
    return now - (await stat(path)).mtimeMs < SILENCE
  } catch {
    // Gone meanwhile.
    return false
  }
}

/** Whose lock it is, by its name. */
export function lockOwner(name: string): {
  readonly host: string
  readonly pid: number
  readonly start: string
  /** Whether that is this machine. */
  readonly isHere: boolean
} {
  const [, itsHost, pid, start] = lockPattern.exec(name)!
  return { host: itsHost!, pid: Number(pid), start: start!, isHere: itsHost === host }
}

async function refusal(folder: string, holder: string): Promise<UsageError> {
  const owner = lockOwner(basename(holder))
  const since = await stat(holder).then(
    ({ birthtime }) => ` since ${birthtime.toISOString()}`,
    () => '',
  )
  return new UsageError(
    `${folder} is in use by process ${owner.pid} on ${owner.host}${since}`,
    'wait until it has ended, or end it; the lock of a process that is gone is taken over',
  )
}
