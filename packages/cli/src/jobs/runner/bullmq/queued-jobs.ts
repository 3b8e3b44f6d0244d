import { KdError } from '@kd/core'
import type { Job as QueuedJob, Queue } from 'bullmq'
import { setTimeout } from 'node:timers/promises'
import type { RunProgress } from '../../../run/log/run-progress.js'
import { failureMessage } from '../../job/failure-message.js'
import { jobPlace } from '../../job/job-place.js'
import type { Job, JobEvent, JobOutcome } from '../../job/job.js'
import { QUEUE, type QueueConnection } from './connect-queue.js'
import { progressSchema } from './job-progress.js'
import { takeReply } from './job-reply.js'
import { plainText } from './plain-text.js'
import { messageOf, patiently } from './queue-trouble.js'

/** How often a job whose process crashed or threw is tried. */
const ATTEMPTS = 3
/** Milliseconds before the second try, twice as long before the third. */
const BACKOFF = 2000
/** Seconds that the queue keeps what nobody came to take. */
const KEEP = 30 * 24 * 3600
/** Milliseconds between two looks at all jobs that are waited for, and for each of these. */
const LOOK = 500
const LOOK_EACH = 5

/** What is told of queued jobs. */
export interface QueuedJobsOptions {
  readonly workspace: string
  readonly onEvent: (event: JobEvent) => void
}

interface Waiting {
  readonly job: Job
  readonly resolve: (outcome: JobOutcome) => void
  hasStarted: boolean
  progress: string
}

/**
 * Jobs in a queue, from the side that wants them done. It asks for their state instead of listening, so that nothing is
 * missed while the connection is lost; a job that the queue has lost is put in again.
 */
export class QueuedJobs {
  readonly #connection: QueueConnection
  readonly #options: QueuedJobsOptions
  readonly #queue: Queue
  readonly #waiting = new Map<string, Waiting>()
  #told = ''
  #isLooking = false
  #hasLeft = false

  constructor(connection: QueueConnection, options: QueuedJobsOptions) {
    this.#connection = connection
    this.#options = options
    this.#queue = new connection.bullmq.Queue(QUEUE, { connection: connection.client })
    // The connection says so itself.
    this.#queue.on('error', () => undefined)
  }

  /** Says when the server would lose jobs at a restart, or nobody is there to do them. */
  async warn(): Promise<void> {
    const { client, address } = this.#connection
    // A server may allow neither question.
    const persistence = await client.info('persistence').catch(() => '')
    if (persistence.includes('aof_enabled:0'))
      this.#tell(
        `${address.shown} keeps no log: what is in the queue may be lost when it restarts (set appendonly yes)`,
      )
    const workers = await this.#queue.getWorkersCount().catch(() => undefined)
    if (workers === 0)
      this.#tell(`no worker is at ${address.shown} yet: start kd worker, on any machine, with the same queue`)
  }

  /**
   * Puts a job in, unless it is there, and waits for its end.
   *
   * @param job - whose needs are done
   * @returns what became of it; `submitted` after {@link QueuedJobs.leave}
   */
  async outcomeOf(job: Job): Promise<JobOutcome> {
    try {
      await this.#patiently(async () => {
        const old = await this.#queue.getJob(job.id)
        // What failed earlier is tried anew, and what was done and is not there: of a run's result the queue has all that is needed.
        if (old?.finishedOn !== undefined && (hasFailed(old) || job.kind !== 'distill')) await old.remove()
        await this.#put(job)
      })
    } catch (error) {
      if (this.#hasLeft) return { state: 'submitted' }
      return { state: 'failed', message: this.#said(error) }
    }
    if (this.#hasLeft) return { state: 'submitted' }
    const outcome = new Promise<JobOutcome>((resolve) => {
      this.#waiting.set(job.id, { job, resolve, hasStarted: false, progress: '' })
    })
    void this.#look()
    return outcome
  }

  /** Waits no longer: what is in the queue stays there. */
  leave(): void {
    this.#hasLeft = true
    for (const [id] of this.#waiting) this.#end(id, { state: 'submitted' })
  }

  async #put(job: Job): Promise<void> {
    await this.#queue.add(job.kind, job, {
      jobId: job.id,
      attempts: ATTEMPTS,
      backoff: { type: 'exponential', delay: BACKOFF },
      removeOnComplete: { age: KEEP },
      removeOnFail: { age: KEEP },
    })
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    while (this.#waiting.size > 0) {
      for (const waiting of this.#waiting.values()) {
        try {
          await this.#patiently(() => this.#lookAt(waiting))
        } catch (error) {
          if (!this.#hasLeft) this.#end(waiting.job.id, { state: 'failed', message: this.#said(error) })
        }
      }
      await setTimeout(LOOK + LOOK_EACH * this.#waiting.size)
    }
    this.#isLooking = false
  }

  async #lookAt(waiting: Waiting): Promise<void> {
    const { job } = waiting
    const found = await this.#queue.getJob(job.id)
    if (this.#hasLeft) return
    if (found === undefined) {
      await this.#put(job)
      return
    }
    this.#tellProgress(waiting, found)
    if (found.finishedOn === undefined) return
    const outcome: JobOutcome = hasFailed(found)
      ? { state: 'failed', message: plainText(this.#connection.address.redact(found.failedReason)) }
      : await takeReply(job, found.returnvalue, jobPlace(job, this.#options.workspace))
    // Taken: the folder knows from now on. Left there, it is taken again, to no effect.
    if (outcome.state === 'done') await found.remove().catch(() => undefined)
    this.#end(job.id, outcome)
  }

  #tellProgress(waiting: Waiting, { processedOn, progress }: QueuedJob): void {
    const { job } = waiting
    const { onEvent } = this.#options
    if (processedOn !== undefined && !waiting.hasStarted) {
      waiting.hasStarted = true
      onEvent({ kind: 'started', job })
    }
    const now = JSON.stringify(progress)
    if (now === waiting.progress) return
    waiting.progress = now
    const told = progressSchema.safeParse(progress).data
    if (told === undefined) return
    // Without a loss there is none, as in `StepProgress`.
    const known: RunProgress =
      told.kind === 'step' ? { ...told, step: { ...told.step, loss: told.step.loss } } : told
    onEvent({ kind: 'progress', job, progress: known })
  }

  #end(id: string, outcome: JobOutcome): void {
    this.#waiting.get(id)?.resolve(outcome)
    this.#waiting.delete(id)
  }

  #tell(text: string): void {
    this.#options.onEvent({ kind: 'message', text })
  }

  /** What has to wait for memory of the server is told of once, however many jobs wait for it. */
  #patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    return patiently(work, {
      hasLeft: () => this.#hasLeft,
      tell: (text) => {
        if (text === this.#told) return
        this.#told = text
        this.#tell(this.#connection.address.redact(text))
      },
    })
  }

  #said(error: unknown): string {
    const { redact, shown } = this.#connection.address
    return redact(
      KdError.isInstance(error) ? failureMessage(error) : `the queue ${shown}: ${messageOf(error)}`,
    )
  }
}

function hasFailed({ finishedOn, failedReason }: QueuedJob): boolean {
  return finishedOn !== undefined && Boolean(failedReason)
}
