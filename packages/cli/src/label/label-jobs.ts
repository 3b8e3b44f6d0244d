import { KdError } from '@kd/core'
import { createHash } from 'node:crypto'
import type { OnRunProgress } from '../run/run-progress.js'
import type { Job, JobEvent, JobOutcome, LabelJob } from '../runner/job.js'
import type { Runner } from '../runner/runner.js'
import type { LabelManifest, ShardPlace } from './label-manifest.js'

/** What all jobs of a labelling have in common. */
export type CommonJob = Pick<LabelJob, 'config' | 'teachers' | 'threads' | 'needs'>

/** What one teacher still has to label. */
export interface LabelsToDo extends Pick<LabelJob, 'folder' | 'index' | 'state'> {
  /** For people. */
  readonly name: string
  readonly manifest: LabelManifest
  readonly missing: readonly ShardPlace[]
}

/**
 * Shares shards out: consecutive ones to a job, each of which loads data and teacher once.
 *
 * @param labels - of one teacher
 * @param count - how many jobs, fewer where there are fewer shards
 * @param common - of all jobs
 * @returns the jobs, in any order and on any machine
 */
export function labelJobs(
  { name, manifest, missing, folder, index, state }: LabelsToDo,
  count: number,
  common: CommonJob,
): LabelJob[] {
  const size = Math.max(1, Math.ceil(missing.length / count))
  return Array.from({ length: Math.ceil(missing.length / size) }, (_, job) => {
    const shards = missing.slice(job * size, (job + 1) * size)
    const id = createHash('sha256')
      .update(JSON.stringify([manifest.id, state, shards]))
      .digest('hex')
    const [first, last] = [shards[0]!, shards.at(-1)!]
    const range = `${first.split} ${first.index} to ${last.split} ${last.index}`
    return { kind: 'label', id, name: `${name}: ${range}`, folder, index, state, shards, ...common }
  })
}

/** How jobs are done. */
export interface JobsContext {
  readonly runner: Runner
  readonly workspace: string
  /** Of the labelling, absolute. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly tell: OnRunProgress
}

/**
 * Does jobs, and tells of all together how many examples are labelled.
 *
 * @param jobs - of one kind
 * @param examples - how many they label, 0 for teachers
 * @param context - see {@link JobsContext}
 * @returns what all of them came to: `done` only if every one is
 * @throws {@link KdError} when one failed, after the others have ended
 */
export async function doJobs(
  jobs: readonly Job[],
  examples: number,
  { runner, workspace, folder, signal, tell }: JobsContext,
): Promise<Exclude<JobOutcome['state'], 'failed'>> {
  const started = performance.now()
  const labelled = new Map<string, number>()
  const onEvent = (event: JobEvent): void => {
    if (event.kind === 'message') tell(event)
    if (event.kind !== 'progress') return
    if (event.progress.kind !== 'labelled') {
      tell(event.progress)
      return
    }
    labelled.set(event.job.id, event.progress.examples)
    const sum = [...labelled.values()].reduce((total, count) => total + count, 0)
    const perSecond = (1000 * sum) / (performance.now() - started)
    tell({ kind: 'labelled', examples: sum, of: examples, perSecond })
  }
  const outcomes = [...(await runner.run(jobs, { workspace, folder, signal, onEvent })).values()]
  for (const outcome of outcomes) if (outcome.state === 'failed') throw new KdError(outcome.message)
  const states = outcomes.map(({ state }) => state)
  if (states.includes('stopped')) return 'stopped'
  return states.includes('submitted') ? 'submitted' : 'done'
}
