import type { RunProgress } from '../../run/log/run-progress.js'
import { inOrder } from './in-order.js'
import { JobProcesses } from './job-processes.js'
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
      const processes = new JobProcesses()
      try {
        return await inOrder(jobs, atOnce, context, (job) => {
          const onProgress = (progress: RunProgress): void => onEvent({ kind: 'progress', job, progress })
          return processes.run(job, { workspace, trusted: true, signal, onProgress })
        })
      } finally {
        processes.end()
      }
    },
  }
}
