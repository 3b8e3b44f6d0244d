import type { Job as QueuedJob, Worker } from 'bullmq'
import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { RunProgress } from '../../../run/log/run-progress.js'
import { failureMessage } from '../../job/failure-message.js'
import { jobPlace } from '../../job/job-place.js'
import { JobProcesses } from '../job-processes.js'
import type { Job } from '../../job/job.js'
import { readJob } from '../../job/read-job.js'
import { connectQueue, QUEUE, type QueueConnection } from './connect-queue.js'
import { mendDamagedMessages } from './damaged-messages.js'
import { LimitedJob, type JobLimits } from './job-limits.js'
import { jobReply } from './job-reply.js'
import { messageOf, passingTrouble } from './queue-trouble.js'

/**
 * Milliseconds after which a worker that was not heard of has lost its jobs; it tells of itself twice in this time. The
 * training is in another process, so this one is never busy for long.
 */
const LOCK = 10_000
/** Milliseconds between two looks for jobs whose worker was lost; the second look takes them. */
const STALLED_LOOK = 5000
/** A job whose workers were lost so often is what they are lost by. */
const MOST_STALLED = 10
/** Milliseconds between two reports of how far a job is. */
const PROGRESS = 1000
/** Milliseconds that the end may take once all jobs have stopped. */
const FAREWELL = 3000

/** What a worker needs. */
export interface QueueWorkerOptions extends JobLimits {
  /** See `connectQueue`. */
  readonly queue: string
  /** Folder that all paths of a job start from and that no job leaves. Absolute. */
  readonly workspace: string
  /** How many jobs at a time, a process each. */
  readonly jobs: number
  /** Ends it: jobs under way are saved and given back. */
  readonly signal: AbortSignal
  /** This is called with what goes on, a line each. */
  readonly tell: (text: string) => void
}

/** How a worker did. */
export interface QueueWorkerResult {
  readonly done: number
  readonly failed: number
  readonly givenBack: number
}

/**
 * Takes jobs from a queue and does them, until the signal comes.
 *
 * @param options - see {@link QueueWorkerOptions}
 * @returns how many
 * @throws {@link KdError} when the queue cannot be reached at first, or its packages are missing
 */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<QueueWorkerResult> {
  const { queue, signal, tell } = options
  const connection = await connectQueue(queue, tell)
  const desk = new WorkerDesk(connection, options)
  try {
    tell(`waiting for jobs from ${connection.address.shown}, at most ${options.jobs} at a time`)
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  } finally {
    await desk.close()
    connection.close()
  }
  return desk.count
}

class WorkerDesk {
  readonly count = { done: 0, failed: 0, givenBack: 0 }
  readonly #connection: QueueConnection
  readonly #options: QueueWorkerOptions
  readonly #processes = new JobProcesses()
  readonly #worker: Worker
  /** What ends a job that was lost to another worker. */
  readonly #lost = new Map<string, AbortController>()
  readonly #underWay = new Set<Promise<unknown>>()
  /** What was told of the queue last. */
  #told = ''

  constructor(connection: QueueConnection, options: QueueWorkerOptions) {
    this.#connection = connection
    this.#options = options
    const { Worker } = connection.bullmq
    const work = (queued: QueuedJob, token?: string): Promise<unknown> => {
      const working = this.#work(queued, token)
      this.#underWay.add(working)
      const ended = (): unknown => this.#underWay.delete(working)
      working.then(ended, ended)
      return working
    }
    this.#worker = new Worker(QUEUE, work, {
      connection: connection.client,
      name: `${hostname()}-${process.pid}`,
      concurrency: options.jobs,
      lockDuration: LOCK,
      stalledInterval: STALLED_LOOK,
      maxStalledCount: MOST_STALLED,
      // After a connection was lost; the default is 15 seconds.
      runRetryDelay: 1000,
    })
    this.#worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#lost.get(id)?.abort()
    })
    this.#worker.on('error', (error) => this.#hear(error))
    this.#worker.on('active', () => (this.#told = ''))
  }

  #hear(error: unknown): void {
    const { address, client } = this.#connection
    if (error instanceof SyntaxError) {
      mendDamagedMessages(client).catch((cause: unknown) => this.#hear(cause))
      return
    }
    // A lost connection is told of by the connection, a lost job above.
    if (/ECONN|EPIPE|Connection is closed|renew lock|Missing lock/.test(messageOf(error))) return
    const trouble = passingTrouble(error)
    const text = trouble === undefined ? messageOf(error) : `${trouble}: trying again`
    // The worker tries again every second.
    if (text !== this.#told) this.#options.tell(`queue: ${address.redact(text)}`)
    this.#told = text
  }

  async close(): Promise<void> {
    // First of all, so that no further job is taken.
    const closed = this.#worker.close()
    await Promise.allSettled(this.#underWay)
    this.#processes.end()
    // Not for ever, where the queue cannot be reached.
    await Promise.race([closed, setTimeout(FAREWELL, undefined, { ref: false })])
  }

  async #work(queued: QueuedJob, token: string | undefined): Promise<unknown> {
    const { tell, signal, workspace } = this.#options
    const job = await this.#check(queued)
    const lost = new AbortController()
    this.#lost.set(job.id, lost)
    const limited = new LimitedJob(this.#options)
    const began = performance.now()
    tell(`${job.name}: begun`)
    try {
      const outcome = await this.#processes.run(job, {
        workspace,
        trusted: false,
        signal: AbortSignal.any([signal, lost.signal, limited.stop]),
        kill: limited.kill,
        onProcess: (pid) => void limited.watchMemory(pid),
        onProgress: this.#progressOf(queued),
      })
      if (outcome.state === 'done') {
        const reply = await jobReply(job, jobPlace(job, workspace))
        this.count.done++
        tell(`${job.name}: done in ${((performance.now() - began) / 1000).toFixed(1)} s`)
        return reply
      }
      if (limited.broken !== undefined) throw this.#tooMuch(job, limited.broken)
      if (outcome.state === 'failed' && !lost.signal.aborted)
        throw this.#failure(job, queued, outcome.message)
      return await this.#giveBack(job, queued, token)
    } finally {
      limited.end()
      if (this.#lost.get(job.id) === lost) this.#lost.delete(job.id)
    }
  }

  /** A message that is refused here is refused everywhere: it is not tried again. */
  async #check(queued: QueuedJob): Promise<Job> {
    try {
      const { job } = await readJob(queued.data, { workspace: this.#options.workspace, trusted: false })
      if (job.id !== queued.id) throw new Error(`job: its id must be that of the message, got ${job.id}`)
      return job
    } catch (error) {
      const message = failureMessage(error)
      this.count.failed++
      this.#options.tell(`refused a message: ${message}`)
      throw new this.#connection.bullmq.UnrecoverableError(`refused by the worker: ${message}`)
    }
  }

  /** Tried again it would take as much. */
  #tooMuch({ name }: Job, message: string): Error {
    this.count.failed++
    this.#options.tell(`${name}: FAILED, ${message}`)
    return new this.#connection.bullmq.UnrecoverableError(message)
  }

  #failure(job: Job, { attemptsMade, opts }: QueuedJob, message: string): Error {
    this.count.failed++
    this.#options.tell(`${job.name}: FAILED (try ${attemptsMade + 1} of ${opts.attempts ?? 1}), ${message}`)
    return new Error(message)
  }

  async #giveBack(job: Job, queued: QueuedJob, token: string | undefined): Promise<never> {
    const { WaitingError } = this.#connection.bullmq
    this.count.givenBack++
    // A job that was lost is not this worker's to give; without a connection it is missed soon enough.
    const isOurs = this.#lost.get(job.id)?.signal.aborted === false
    if (isOurs && this.#connection.client.status === 'ready')
      await queued.moveToWait(token).catch(() => undefined)
    const why = isOurs
      ? 'stopped and given back'
      : 'stopped, because the queue did not hear of this worker for too long'
    this.#options.tell(`${job.name}: ${why}; whoever takes it goes on from its checkpoint`)
    throw new WaitingError()
  }

  #progressOf(queued: QueuedJob): (progress: RunProgress) => void {
    let told = -PROGRESS
    return (progress) => {
      const now = performance.now()
      const isTold = progress.kind === 'step' || progress.kind === 'answered'
      if (!isTold || now - told < PROGRESS || this.#connection.client.status !== 'ready') return
      told = now
      queued.updateProgress(progress).catch(() => undefined)
    }
  }
}
