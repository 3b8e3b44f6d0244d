import { KdError } from '@kd/core'
import { createHash } from 'node:crypto'
import type { OnRunProgress } from '../../run/log/run-progress.js'
import { assertCarriable } from '../runner/assert-carriable.js'
import { failedJobs, type FailedJob } from '../runner/indexed/failed-jobs.js'
import type { Job, JobEvent, JobOutcome, AnswerJob } from '../job/job.js'
import type { Runner } from '../runner/runner.js'
import {
  answerSplits,
  shardsOf,
  type AnswerManifest,
  type ShardPlace,
} from '../../run/answers/answer-manifest.js'

/** What all jobs of keeping answers have in common. */
export type CommonJob = Pick<AnswerJob, 'config' | 'teachers' | 'threads' | 'needs'>

/** What one teacher still has to be asked. */
export interface AnswersToDo extends Pick<AnswerJob, 'folder' | 'index' | 'state'> {
  /** This is a text for people. */
  readonly name: string
  readonly manifest: AnswerManifest
  readonly missing: readonly ShardPlace[]
}

/**
 * Shares shards out: consecutive ones to a job, each of which loads data and teacher once. Which ones a job is for does not depend on
 * what is missing, so that whoever asks again asks a queue for the jobs that are in it.
 *
 * @param answers - of one teacher
 * @param count - how many jobs, fewer where there are fewer shards or all of a job's are there
 * @param common - of all jobs
 * @returns the jobs, in any order and on any machine
 */
export function answerJobs(
  { name, manifest, missing, folder, index, state }: AnswersToDo,
  count: number,
  common: CommonJob,
): AnswerJob[] {
  const all = answerSplits.flatMap((split) => shardsOf(manifest, split))
  const size = Math.max(1, Math.ceil(all.length / count))
  const keyOf = ({ split, index: shard }: ShardPlace): string => `${split} ${shard}`
  const wanted = new Set(missing.map(keyOf))
  return Array.from({ length: Math.ceil(all.length / size) }, (_, job) => {
    const part = all.slice(job * size, (job + 1) * size)
    // With the folder: two teachers, or one in two folders, can come to the same answers.
    const id = createHash('sha256')
      .update(JSON.stringify([manifest.id, folder, part]))
      .digest('hex')
    const range = `${keyOf(part[0]!)} to ${keyOf(part.at(-1)!)}`
    const shards = part.filter((place) => wanted.has(keyOf(place)))
    return {
      kind: 'answers' as const,
      id,
      name: `${name}: ${range}`,
      folder,
      index,
      state,
      shards,
      ...common,
    }
  }).filter(({ shards }) => shards.length > 0)
}

/** How jobs are done. */
export interface JobsContext {
  readonly runner: Runner
  readonly workspace: string
  /** The folder of all answers, as an absolute path. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly tell: OnRunProgress
}

/** What jobs came to. */
export interface JobsEnd {
  /** The state of all jobs together: it is `done` only if every one is. */
  readonly state: Exclude<JobOutcome['state'], 'failed'>
  /** Where nobody waits for them: those that failed since they were handed over. They are handed over again. */
  readonly failed: readonly FailedJob[]
}

/**
 * Does jobs, and tells of all together about how many examples teachers were asked.
 *
 * @param jobs - of one kind
 * @param examples - about how many they ask, 0 for trainings
 * @param context - see {@link JobsContext}
 * @returns what all of them came to
 * @throws {@link KdError} when one failed, after the others have ended; {@link UsageError} when the runner cannot carry one
 */
export async function doJobs(
  jobs: readonly Job[],
  examples: number,
  { runner, workspace, folder, signal, tell }: JobsContext,
): Promise<JobsEnd> {
  const [first] = jobs
  if (first === undefined) return { state: 'done', failed: [] }
  await assertCarriable(jobs, runner, workspace)
  // Before the runner forgets them.
  const failed = (await failedJobs(folder)).filter(({ kind }) => kind === first.kind)
  const started = performance.now()
  const answered = new Map<string, number>()
  const onEvent = (event: JobEvent): void => {
    if (event.kind === 'message') tell(event)
    if (event.kind !== 'progress') return
    if (event.progress.kind !== 'answered') {
      tell(event.progress)
      return
    }
    answered.set(event.job.id, event.progress.examples)
    const sum = [...answered.values()].reduce((total, count) => total + count, 0)
    const perSecond = (1000 * sum) / (performance.now() - started)
    tell({ kind: 'answered', examples: sum, of: examples, perSecond })
  }
  const outcomes = [...(await runner.run(jobs, { workspace, folder, signal, onEvent })).values()]
  for (const outcome of outcomes) if (outcome.state === 'failed') throw new KdError(outcome.message)
  const states = outcomes.map(({ state }) => state)
  if (states.includes('stopped')) return { state: 'stopped', failed: [] }
  return states.includes('submitted') ? { state: 'submitted', failed } : { state: 'done', failed: [] }
}
