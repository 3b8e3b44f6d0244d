import type { JobOutcome } from '../../job/job.js'
import { inOrder } from '../in-order.js'
import type { Runner } from '../runner.js'
import { connectQueue } from './connect-queue.js'
import { QueuedJobs } from './queued-jobs.js'

/** Where a queue is. */
export interface BullmqRunnerOptions {
  /** Address of a Redis server: `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly queue: string
}

/**
 * Puts jobs into a queue on Redis, from which `kd worker` takes them on any number of machines, and waits for what they find.
 * It needs the packages `bullmq` and `ioredis`.
 *
 * A job's id in the queue is its identity, so it is there once however often it is put in. It is put in when the jobs that it
 * needs are done, so this process has to live until then; ended before, it leaves what is in the queue to the workers, and the
 * next one goes on.
 *
 * @param options - see {@link BullmqRunnerOptions}
 * @returns a runner
 *
 * @example
 * ```ts
 * import { bullmqRunner } from '@kd/cli'
 *
 * const runner = bullmqRunner({ queue: process.env['KD_QUEUE'] ?? 'redis://localhost:6379' })
 * console.log(runner.name) // bullmq
 * ```
 */
export function bullmqRunner({ queue: url }: BullmqRunnerOptions): Runner {
  return {
    name: 'bullmq',
    trusted: false,
    async run(jobs, { workspace, signal, onEvent }) {
      if (jobs.length === 0) return new Map<string, JobOutcome>()
      const tell = (text: string): void => onEvent({ kind: 'message', text })
      const connection = await connectQueue(url, tell)
      const queued = new QueuedJobs(connection, { workspace, onEvent })
      const stop = (): void => queued.leave()
      signal.addEventListener('abort', stop)
      try {
        await queued.warn()
        return await inOrder(
          jobs,
          jobs.length,
          // A job has started when a worker took it.
          { signal, onEvent: (event) => event.kind !== 'started' && onEvent(event) },
          (job) => queued.outcomeOf(job),
        )
      } finally {
        signal.removeEventListener('abort', stop)
        queued.leave()
        connection.close()
      }
    },
  }
}
