import { mkdir } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { resolve } from 'node:path'
import { writeError } from '../../run/folder/write-file-safely.js'
import { queueUrl } from './make-runner.js'
import { UsageError } from '../../config/usage-error.js'
import { lineText } from '../terminal/guarded-text.js'
import type { CommandContext } from './command-context.js'

/** Flags of `kd worker`. */
export interface WorkerFlags {
  readonly queue?: string
  readonly index?: string
  readonly task?: number
  readonly jobs: number
  readonly maxJobMinutes: number
  readonly maxJobGigabytes?: number
  readonly workspace: string
}

interface WorkerOutput {
  readonly text: string
  readonly json: object
  readonly exitCode: number
}

/** `kd worker`: takes jobs from a queue until it is ended, or does one job of an index. */
export async function workerCommand(flags: WorkerFlags, context: CommandContext): Promise<WorkerOutput> {
  return flags.index === undefined ? fromQueue(flags, context) : ofIndex(flags.index, flags.task, context)
}

async function fromQueue(
  { queue, jobs, maxJobMinutes, maxJobGigabytes = memoryShare(jobs), workspace, task }: WorkerFlags,
  { terminal, signal }: CommandContext,
): Promise<WorkerOutput> {
  if (task !== undefined) throw new UsageError('--task must come with --index, got none')
  const { runQueueWorker } = await import('../../jobs/runner/bullmq/queue-worker.js')
  const tell = (line: string): unknown => terminal.err.write(lineText(line))
  const url = queueUrl(queue)
  const folder = resolve(workspace)
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeError(folder, error)
  })
  const limits = { maxJobMinutes, maxJobGigabytes }
  const count = await runQueueWorker({ queue: url, workspace: folder, jobs, ...limits, signal, tell })
  const text = `${count.done} done, ${count.failed} failed, ${count.givenBack} given back`
  return { text, json: count, exitCode: 0 }
}

/** What a job may take of the memory that there is, in gigabytes: nine tenths, shared by the jobs. */
function memoryShare(jobs: number): number {
  const limit = process.constrainedMemory()
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return Number(((0.9 * bytes) / jobs / 1e9).toPrecision(2))
}

async function ofIndex(
  index: string,
  task: number | undefined,
  { terminal, signal }: CommandContext,
): Promise<WorkerOutput> {
  const { runIndexedJob } = await import('../../jobs/runner/indexed/run-indexed-job.js')
  const tell = (line: string): unknown => terminal.err.write(lineText(line))
  const { job, outcome } = await runIndexedJob({ index, task: task ?? taskOfCluster(), signal, tell })
  return {
    text: `${job.name}: ${outcome.state}`,
    json: { id: job.id, name: job.name, ...outcome },
    exitCode: outcome.state === 'failed' ? 1 : 0,
  }
}

/** What Kubernetes and Slurm call the number of a task. */
function taskOfCluster(): number {
  const { JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID } = process.env
  const found = JOB_COMPLETION_INDEX ?? SLURM_ARRAY_TASK_ID ?? ''
  if (/^\d+$/.test(found)) return Number(found)
  throw new UsageError(
    '--index must come with --task, or be used where JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID is set',
  )
}
