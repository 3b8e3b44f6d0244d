import { KdError } from '@kd/core'
import type { RunProgress } from '../../../run/log/run-progress.js'
import type { Job, JobOutcome } from '../../job/job.js'
import { inOrder } from '../in-order.js'
import { JobProcesses } from '../job-processes.js'
import { FailureRecord } from './failure-record.js'
import { INDEX_FILE, readJobIndex } from './job-index.js'

/** Which job of which index. */
export interface IndexedJobOptions {
  /** Path of the file. */
  readonly index: string
  /** The job's place in it, from 0. */
  readonly task: number
  /** Ends the job after its current step; done again, it goes on. */
  readonly signal: AbortSignal
  /** This is called with what goes on, a line each. */
  readonly tell: (text: string) => void
}

/**
 * Does one job of an index, after those that it needs: one task of a cluster. A task whose teacher another task trains at the
 * time waits for that, so tasks may run in any order and any number at a time.
 *
 * @param options - see {@link IndexedJobOptions}
 * @returns the job, and what became of it; why it failed is noted beside the index
 * @throws {@link KdError} when there is no such job
 */
export async function runIndexedJob({
  index: path,
  task,
  signal,
  tell,
}: IndexedJobOptions): Promise<{ job: Job; outcome: JobOutcome }> {
  const { workspace, folder, jobs } = await readJobIndex(path)
  const job = jobs[task]
  if (job === undefined) {
    throw new KdError(`--task must be from 0 to ${jobs.length - 1} for this ${INDEX_FILE}, got ${task}`)
  }
  const processes = new JobProcesses()
  try {
    const outcomes = await inOrder(
      withNeeds(job, jobs),
      1,
      { signal, onEvent: () => undefined },
      async (one) => {
        const failure = new FailureRecord(folder, one.id)
        await failure.remove()
        tell(`${one.name}: begun`)
        const onProgress = (progress: RunProgress): void => {
          if (progress.kind === 'message') tell(`${one.name}: ${progress.text}`)
        }
        // The index lies beside a script that its reader runs: who writes the one can write the other.
        const outcome = await processes.run(one, { workspace, trusted: true, signal, onProgress })
        if (outcome.state === 'failed') await failure.write(outcome.message)
        tell(`${one.name}: ${outcome.state}${outcome.state === 'failed' ? `, ${outcome.message}` : ''}`)
        return outcome
      },
    )
    const outcome = outcomes.get(job.id)!
    if (outcome.state === 'failed') await new FailureRecord(folder, job.id).write(outcome.message)
    return { job, outcome }
  } finally {
    processes.end()
  }
}

/** A job and all that it needs. */
function withNeeds(job: Job, jobs: readonly Job[]): Job[] {
  const found = new Map([[job.id, job]])
  // A map gives what is added to it while it is gone through.
  for (const { needs } of found.values()) {
    for (const needed of jobs) if (needs.includes(needed.id)) found.set(needed.id, needed)
  }
  return [...found.values()]
}
