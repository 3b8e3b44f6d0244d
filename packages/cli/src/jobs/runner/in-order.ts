import pLimit from 'p-limit'
import type { Job, JobOutcome } from '../job/job.js'
import type { RunnerContext } from './runner.js'

/** Does one job. */
export type DoJob = (job: Job) => Promise<JobOutcome>

/**
 * Does jobs, each after those that it needs, so many at a time.
 *
 * @param jobs - with different ids
 * @param atOnce - how many at a time
 * @param context - of the runner; after its signal no further job begins
 * @param doJob - called once for each job whose needs were done; must not throw
 * @returns what became of each, by id
 */
export async function inOrder(
  jobs: readonly Job[],
  atOnce: number,
  { signal, onEvent }: Pick<RunnerContext, 'signal' | 'onEvent'>,
  doJob: DoJob,
): Promise<ReadonlyMap<string, JobOutcome>> {
  const limit = pLimit(atOnce)
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const begun = new Map<string, Promise<JobOutcome>>()

  const outcomeOf = (job: Job): Promise<JobOutcome> => {
    const outcome = begun.get(job.id) ?? begin(job)
    begun.set(job.id, outcome)
    return outcome
  }
  const begin = async (job: Job): Promise<JobOutcome> => {
    const outcome = (await hindrance(job)) ?? (await limit(() => start(job)))
    onEvent({ kind: 'ended', job, outcome })
    return outcome
  }
  const hindrance = async (job: Job): Promise<JobOutcome | undefined> => {
    const needed = job.needs.flatMap((id) => byId.get(id) ?? [])
    const outcomes = await Promise.all(needed.map(outcomeOf))
    const index = outcomes.findIndex(({ state }) => state !== 'done')
    const outcome = outcomes[index]
    return outcome?.state === 'failed'
      ? { state: 'failed', message: `${needed[index]!.name} failed: ${outcome.message}` }
      : outcome
  }
  const start = async (job: Job): Promise<JobOutcome> => {
    if (signal.aborted) return { state: 'stopped' }
    onEvent({ kind: 'started', job })
    return doJob(job)
  }

  const outcomes = await Promise.all(jobs.map(outcomeOf))
  return new Map(jobs.map((job, index) => [job.id, outcomes[index]!]))
}
