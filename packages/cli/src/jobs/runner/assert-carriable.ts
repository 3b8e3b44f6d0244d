import { UsageError } from '../../config/usage-error.js'
import { failureMessage } from '../job/failure-message.js'
import type { Job } from '../job/job.js'
import { readJob } from '../job/read-job.js'
import type { Runner } from './runner.js'

/**
 * Finds before anything starts what would be refused where it arrives.
 *
 * @param jobs - to be done
 * @param runner - that is to do them
 * @param workspace - absolute
 * @throws {@link UsageError} naming the job that the runner cannot carry
 */
export async function assertCarriable(
  jobs: readonly Job[],
  { name, trusted }: Pick<Runner, 'name' | 'trusted'>,
  workspace: string,
): Promise<void> {
  if (trusted) return
  for (const job of jobs) {
    try {
      await readJob(job, { workspace, trusted })
    } catch (error) {
      throw new UsageError(`--runner ${name} cannot carry ${job.name}: ${failureMessage(error)}`)
    }
  }
}
