import { KdError } from '@kd/core'
import { dirname, join, relative, resolve, sep } from 'node:path'
import * as z from 'zod'
import { writeFileSafely } from '../../../run/folder/write-file-safely.js'
import { jobSchema, type Job } from '../../job/job.js'
import { readRegularText } from '../../../config/regular-file.js'

/** The file in the folder of a comparison or of answers that lists the jobs which tasks of a cluster do, by their place in it. */
export const INDEX_FILE = 'jobs.json'

const indexSchema = z.strictObject({
  version: z.literal(1),
  /** The path is relative to the folder of the file, so that it holds wherever that is mounted. */
  workspace: z.string().min(1),
  jobs: z.array(jobSchema).min(1),
})

/** Jobs that were written down. */
export interface JobIndex {
  /** Absolute. */
  readonly workspace: string
  /** The folder of the index, where failures are noted. Absolute. */
  readonly folder: string
  readonly jobs: readonly Job[]
}

/**
 * Writes jobs down.
 *
 * @param index - jobs, and where they belong
 * @returns the path of the file
 */
export async function writeJobIndex({ workspace, folder, jobs }: JobIndex): Promise<string> {
  const path = join(folder, INDEX_FILE)
  const up = relative(folder, workspace).split(sep).join('/') || '.'
  await writeFileSafely(path, `${JSON.stringify({ version: 1, workspace: up, jobs }, null, 1)}\n`)
  return path
}

/**
 * Reads the jobs of an index.
 *
 * @param path - of the file
 * @returns its jobs; their configs are checked when one is done
 * @throws {@link KdError} when it is missing or something else
 */
export async function readJobIndex(path: string): Promise<JobIndex> {
  const wrong = (found: string): KdError =>
    new KdError(`--index ${path} must be what --runner slurm or kubernetes writes, got ${found}`)
  let value: unknown
  try {
    value = JSON.parse(await readRegularText(path))
  } catch (error) {
    throw wrong((error as NodeJS.ErrnoException).code ?? 'a file that is no JSON')
  }
  const parsed = indexSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw wrong(`${issue.path.join('.') || 'it'}: ${issue.message}`)
  }
  const folder = dirname(resolve(path))
  return { workspace: resolve(folder, parsed.data.workspace), folder, jobs: parsed.data.jobs }
}
