import type { RunProgress } from '../../run/log/run-progress.js'
import { failureMessage } from '../job/failure-message.js'
import { inOrder } from './in-order.js'
import { runJob } from '../job/run-job.js'
import type { Runner } from './runner.js'

/**
 * Does jobs one after another in this process: for a program that has one anyway. A crash takes everything with it, and
 * the number of threads is the process's own.
 *
 * @returns a runner
 */
export function inProcessRunner(): Runner {
  return {
    name: 'in-process',
    trusted: true,
    async run(jobs, context) {
      const { workspace, signal, onEvent } = context
      return inOrder(jobs, 1, context, async (job) => {
        const onProgress = (progress: RunProgress): void => onEvent({ kind: 'progress', job, progress })
        try {
          return await runJob(job, { workspace, trusted: true, signal, onProgress })
        } catch (error) {
          return { state: 'failed', message: failureMessage(error) }
        }
      })
    },
  }
}
