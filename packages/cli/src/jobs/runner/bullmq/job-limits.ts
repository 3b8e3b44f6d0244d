import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** Milliseconds that a job has to save what it did, once its time is over. */
const GRACE = 60_000
/** Milliseconds between two looks at the memory of a job's process. */
const LOOK = 1000

/** What a worker lets a job have. */
export interface JobLimits {
  /** The most minutes that a job may take. One that takes longer is saved and fails. */
  readonly maxJobMinutes: number
  /** The most memory that the process of a job may have, in gigabytes of 10⁹ bytes. A job that takes more fails. Linux alone tells how much a process has. */
  readonly maxJobGigabytes: number
}

/** A job whose time and memory are measured. */
export class LimitedJob {
  readonly #stop = new AbortController()
  readonly #kill = new AbortController()
  readonly #limits: JobLimits
  readonly #timers: readonly NodeJS.Timeout[]
  #broken: string | undefined
  #hasEnded = false

  /** @param limits - see {@link JobLimits}; the time begins now */
  constructor(limits: JobLimits) {
    this.#limits = limits
    const most = limits.maxJobMinutes * 60_000
    const isOver = (): void => {
      this.#broken = `a job must take at most ${limits.maxJobMinutes} minutes here (--max-job-minutes), and was ended and saved after these`
      this.#stop.abort()
    }
    this.#timers = [setTimeout(isOver, most), setTimeout(() => this.#kill.abort(), most + GRACE)]
  }

  /** This is set off when the time is over: the job is to stop. */
  get stop(): AbortSignal {
    return this.#stop.signal
  }

  /** This is set off when the job has to end at once: it takes too much memory, or has not stopped for a minute. */
  get kill(): AbortSignal {
    return this.#kill.signal
  }

  /** The limit that was broken, and what became of the job; undefined where none was. */
  get broken(): string | undefined {
    return this.#broken
  }

  /** Looks at the memory of the job's process until it has ended. */
  async watchMemory(pid: number): Promise<void> {
    const { maxJobGigabytes } = this.#limits
    while (!this.#hasEnded && !this.#kill.signal.aborted) {
      const bytes = await residentBytes(pid)
      if (bytes > maxJobGigabytes * 1e9 && !this.#hasEnded) {
        this.#broken = `a job must take at most ${maxJobGigabytes} GB of memory here (--max-job-gigabytes), got ${(bytes / 1e9).toFixed(1)} GB`
        this.#kill.abort()
      }
      await pause(LOOK, undefined, { ref: false })
    }
  }

  /** Forgets the limits, once the job has ended. */
  end(): void {
    this.#hasEnded = true
    for (const timer of this.#timers) clearTimeout(timer)
  }
}

/** The memory that a process has at the moment; 0 where nobody tells. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0)
}
