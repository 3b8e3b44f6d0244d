import type { RunProgress } from '../run/run-progress.js'
import { inOrder } from './in-order.js'
import { JobProcess } from './job-process.js'
import type { Runner } from './runner.js'

/**
 * Does jobs on this machine, in processes of their own, so that one that crashes takes nothing else with it.
 *
 * @param atOnce - how many jobs at a time, one process each
 * @returns a runner
 */
export function localRunner(atOnce: number): Runner {
  return {
    name: 'local',
    trusted: true,
    async run(jobs, context) {
      const { workspace, signal, onEvent } = context
      // Starting a process and loading an engine takes a second: a process that did its job well gets another.
      const idle = new Map<JobProcess, number>()
      try {
        return await inOrder(jobs, atOnce, context, async (job) => {
          const process =
            [...idle].find(([, threads]) => threads === job.threads)?.[0] ?? new JobProcess(job.threads)
          idle.delete(process)
          const onProgress = (progress: RunProgress): void => onEvent({ kind: 'progress', job, progress })
          const outcome = await process.run(job, { workspace, trusted: true, signal, onProgress })
          if (outcome.state === 'done') idle.set(process, job.threads)
          else process.end()
          return outcome
        })
      } finally {
        for (const process of idle.keys()) process.end()
      }
    },
  }
}
