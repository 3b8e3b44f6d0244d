import { resolve } from 'node:path'
import { runLabelJob } from '../label/run-label-job.js'
import { recordedRun } from '../run/recorded-run.js'
import { runConfig } from '../run/run-distillation.js'
import type { OnRunProgress } from '../run/run-progress.js'
import { runTeacher } from '../run/run-teacher.js'
import type { JobOutcome } from './job.js'
import { readJob } from './read-job.js'

/** How a job is done. */
export interface RunJobOptions {
  /** Absolute. */
  readonly workspace: string
  /** See `Runner`. */
  readonly trusted: boolean
  readonly signal: AbortSignal
  readonly onProgress: OnRunProgress
}

/**
 * Does one job in this process: where all runners end. A job that is done already is not done again.
 *
 * @param value - a job, as it arrived
 * @param options - see {@link RunJobOptions}
 * @returns `done` or `stopped`
 * @throws {@link KdError} when the job is refused or fails
 */
export async function runJob(value: unknown, options: RunJobOptions): Promise<JobOutcome> {
  const { workspace, signal, onProgress } = options
  const { job, read } = await readJob(value, options)
  const teachersFolder = resolve(workspace, job.teachers)
  if (job.kind === 'teacher') {
    const { id, index } = job
    await runTeacher(read, { id, index, teachersFolder, signal, onProgress })
    return { state: signal.aborted ? 'stopped' : 'done' }
  }
  const out = resolve(workspace, job.folder)
  if (job.kind === 'label') {
    const isDone = await runLabelJob(read, job, { folder: out, teachersFolder, signal, onProgress })
    return { state: isDone ? 'done' : 'stopped' }
  }
  const recorded = await recordedRun(out)
  const isOurs = recorded?.environment['id'] === job.id
  if (isOurs && recorded.result !== undefined)
    return { state: 'done', result: { ...recorded.result, folder: out } }
  // What another config left in a folder of this name is of no use.
  const how = isOurs ? { resume: true } : { force: true }
  const result = await runConfig(read, { out, ...how, id: job.id, teachersFolder, signal, onProgress })
  return result.ended === 'aborted' ? { state: 'stopped' } : { state: 'done', result }
}
