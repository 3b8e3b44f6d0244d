import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Job, JobOutcome } from '../../job/job.js'
import type { RunnerContext } from '../runner.js'
import { FAILURES } from './failure-record.js'
import { writeJobIndex } from './job-index.js'
import { shellQuoted } from './shell-command.js'

/**
 * Writes jobs down for a cluster that outlives this process.
 *
 * @param jobs - in an order in which they can be done
 * @param context - of the runner
 * @param writeOrder - writes what the cluster is given; gets the path of the index, gives the command that submits it
 * @returns `submitted` for each
 */
export async function submitIndex(
  jobs: readonly Job[],
  { workspace, folder, onEvent }: RunnerContext,
  writeOrder: (index: string) => Promise<string>,
): Promise<ReadonlyMap<string, JobOutcome>> {
  if (jobs.length === 0) return new Map<string, JobOutcome>()
  // All are tried anew.
  await rm(join(folder, FAILURES), { recursive: true, force: true })
  const command = await writeOrder(await writeJobIndex({ workspace, folder, jobs }))
  const outcome: JobOutcome = { state: 'submitted' }
  for (const job of jobs) onEvent({ kind: 'ended', job, outcome })
  // kd keep-answers looks itself when it is called again.
  const isComparison = jobs.some(({ kind }) => kind === 'distill')
  const then = isComparison ? `\nand see what is done with\n  kd collect ${shellQuoted(folder)}` : ''
  onEvent({
    kind: 'message',
    text: `${jobs.length} jobs are written down; start them with\n  ${command}${then}`,
  })
  return new Map(jobs.map(({ id }) => [id, outcome]))
}
