import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Job, JobOutcome } from '../job/job.js'
import type { RunProgress } from '../../run/log/run-progress.js'
import type { RunJobOptions } from '../job/run-job.js'

/** What a job's process is told. */
export type ToJobProcess =
  /** Do a job; one at a time. */
  | { readonly kind: 'job'; readonly job: unknown; readonly workspace: string; readonly trusted: boolean }
  /** End the job after its current step. */
  | { readonly kind: 'stop' }

/** What a job's process tells. */
export type FromJobProcess =
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  | { readonly kind: 'outcome'; readonly outcome: JobOutcome }

/** How a job's process is run. */
export interface JobProcessOptions extends RunJobOptions {
  /** Ends the process at once, and the job with it: for one that does not stop at its `signal`. */
  readonly kill?: AbortSignal
  /** This is called with the number of the process, before the job begins. */
  readonly onProcess?: (pid: number) => void
}

/** How many characters of a process' standard error are kept for the report of a crash. */
const TAIL = 4000
/** And so many lines of these are shown. */
const LINES = 5

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A process that does jobs, one after another, apart from this one. */
class JobProcess {
  readonly #child: ChildProcess
  readonly #closed: Promise<string>
  #stderr = ''

  /** @param threads - of engines that use more than one */
  constructor(threads: number) {
    // A job has no business with the queue, whose address may hold a password.
    const { KD_QUEUE: _, ...inherited } = process.env
    const env = { ...inherited, KD_NATIVE_THREADS: String(threads), OMP_NUM_THREADS: String(threads) }
    // In the package everything is one file or lies beside it.
    const main = fileURLToPath(new URL('./job-main.js', import.meta.url))
    this.#child = fork(main, { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    running.add(this.#child)
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-TAIL)
    })
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('close', (code, signal) => {
        running.delete(this.#child)
        resolve(signal === null ? `exit code ${code ?? 'unknown'}` : signal)
      })
    })
  }

  /**
   * Does a job.
   *
   * @param job - plain data
   * @param options - see {@link JobProcessOptions}
   * @returns what became of it; `failed` when the process ended under it
   */
  async run(
    job: Job,
    { workspace, trusted, signal, kill, onProcess, onProgress }: JobProcessOptions,
  ): Promise<JobOutcome> {
    this.#stderr = ''
    const child = this.#child
    const stop = (): void => this.#send({ kind: 'stop' })
    const end = (): unknown => child.kill('SIGKILL')
    let listener: (message: FromJobProcess) => void = () => undefined
    const ended = new Promise<JobOutcome>((resolve) => {
      listener = (message) => {
        if (message.kind === 'progress') onProgress(message.progress)
        else resolve(message.outcome)
      }
      child.on('message', listener)
    })
    signal.addEventListener('abort', stop)
    kill?.addEventListener('abort', end)
    if (child.pid !== undefined) onProcess?.(child.pid)
    this.#send({ kind: 'job', job, workspace, trusted })
    if (signal.aborted) stop()
    try {
      return await Promise.race([ended, this.#closed.then((how) => this.#crash(how))])
    } finally {
      signal.removeEventListener('abort', stop)
      kill?.removeEventListener('abort', end)
      child.off('message', listener)
    }
  }

  /** Ends the process, which has no job. */
  end(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #send(message: ToJobProcess): void {
    // A process that is gone is reported by #closed.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  #crash(how: string): JobOutcome {
    const lines = this.#stderr.trim().split('\n').slice(-LINES).join('\n')
    return { state: 'failed', message: `its process ended (${how})${lines === '' ? '' : `: ${lines}`}` }
  }
}

/** Processes that do jobs. Starting one and loading an engine takes a second: one that did its job well gets another. */
export class JobProcesses {
  readonly #idle = new Map<JobProcess, number>()

  /** Does a job in a process of its own. */
  async run(job: Job, options: JobProcessOptions): Promise<JobOutcome> {
    const process =
      [...this.#idle].find(([, threads]) => threads === job.threads)?.[0] ?? new JobProcess(job.threads)
    this.#idle.delete(process)
    const outcome = await process.run(job, options)
    if (outcome.state === 'done') this.#idle.set(process, job.threads)
    else process.end()
    return outcome
  }

  /** Ends all processes, which have no job. */
  end(): void {
    for (const process of this.#idle.keys()) process.end()
    this.#idle.clear()
  }
}
