import { resolve } from 'node:path'
import type { ReadConfig } from '../../config/read-config.js'
import { runAnswerJob } from './run-answer-job.js'
import { recordedRun } from '../../run/origin/recorded-run.js'
import { runConfig } from '../../run/run-distillation.js'
import type { OnRunProgress } from '../../run/log/run-progress.js'
import { runTeacher } from '../../run/training/run-teacher.js'
import type { DistillJob, JobOutcome, AnswerJob, TeacherJob } from './job.js'
import { withLease } from './job-lease.js'
import { jobPlace } from './job-place.js'
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
 * Does one job in this process: where all runners end. A job that is done already is not done again, and one that another
 * process is doing is waited for.
 *
 * @param value - a job, as it arrived
 * @param options - see {@link RunJobOptions}
 * @returns `done` or `stopped`
 * @throws {@link KdError} when the job is refused or fails
 */
export async function runJob(value: unknown, options: RunJobOptions): Promise<JobOutcome> {
  const ready = await readJob(value, options)
  const place = jobPlace(ready.job, options.workspace)
  const onWait = (): void =>
    options.onProgress({ kind: 'message', text: 'another process does this job: waiting for it' })
  // Of the job, not of the folder: some kinds of jobs share one.
  const lease = `${place}.${ready.job.id.slice(0, 8)}.lock`
  const outcome = await withLease(lease, { signal: options.signal, onWait }, (signal) => {
    const { job, read } = ready
    const how = { ...options, signal, place }
    if (job.kind === 'teacher') return doTeacher(job, read, how)
    return job.kind === 'answers' ? doAnswers(job, read, how) : doDistill(job, read, how)
  })
  return outcome ?? { state: 'stopped' }
}

interface HowToDo extends RunJobOptions {
  /** The folder that the job writes. */
  readonly place: string
}

async function doTeacher(
  { id, index, teachers }: TeacherJob,
  read: ReadConfig,
  { workspace, signal, onProgress }: HowToDo,
): Promise<JobOutcome> {
  const teachersFolder = resolve(workspace, teachers)
  await runTeacher(read, { id, index, teachersFolder, signal, onProgress })
  return { state: signal.aborted ? 'stopped' : 'done' }
}

async function doAnswers(
  job: AnswerJob,
  read: ReadConfig,
  { workspace, signal, onProgress, place: folder }: HowToDo,
): Promise<JobOutcome> {
  const teachersFolder = resolve(workspace, job.teachers)
  const isDone = await runAnswerJob(read, job, { folder, teachersFolder, signal, onProgress })
  return { state: isDone ? 'done' : 'stopped' }
}

async function doDistill(
  { id, teachers }: DistillJob,
  read: ReadConfig,
  { workspace, signal, onProgress, place: out }: HowToDo,
): Promise<JobOutcome> {
  const recorded = await recordedRun(out)
  const isOurs = recorded?.environment['id'] === id
  if (isOurs && recorded.result !== undefined)
    return { state: 'done', result: { ...recorded.result, folder: out } }
  // What another config left in a folder of this name is of no use.
  const how = isOurs ? { resume: true } : { force: true }
  const teachersFolder = resolve(workspace, teachers)
  const result = await runConfig(read, {
    out,
    ...how,
    id,
    teachersFolder,
    signal,
    onProgress,
  })
  return result.ended === 'aborted' ? { state: 'stopped' } : { state: 'done', result }
}
