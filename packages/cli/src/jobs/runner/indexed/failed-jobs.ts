import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Job } from '../../job/job.js'
import { FailureRecord, FAILURES } from './failure-record.js'
import { INDEX_FILE, readJobIndex } from './job-index.js'

/** A job that failed and that no process waited for. */
export interface FailedJob extends Pick<Job, 'kind' | 'name'> {
  readonly message: string
}

/**
 * Says which jobs of the last index failed.
 *
 * @param folder - where jobs were written down, absolute
 * @returns those whose last try failed, none where nothing was written down
 * @throws {@link KdError} when the index is damaged
 */
export async function failedJobs(folder: string): Promise<FailedJob[]> {
  if (!existsSync(join(folder, FAILURES))) return []
  const { jobs } = await readJobIndex(join(folder, INDEX_FILE))
  const messages = await Promise.all(jobs.map(({ id }) => new FailureRecord(folder, id).read()))
  return jobs.flatMap(({ kind, name }, index) => {
    const message = messages[index]
    return message === undefined ? [] : [{ kind, name, message }]
  })
}
