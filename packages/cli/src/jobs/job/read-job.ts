import { KdError } from '@kd/core'
import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { mapConfigPaths } from '../../config/config-paths.js'
import { readConfig, type ReadConfig } from '../../config/read-config.js'
import { jobSchema, type Job } from './job.js'

/** A job that was checked. */
export interface ReadyJob {
  readonly job: Job
  /** Its config, all paths absolute. */
  readonly read: ReadConfig
}

/** What a job may do here. */
export interface ReadJobOptions {
  /** Absolute. */
  readonly workspace: string
  /** Whether it may name plugins and files outside of the workspace: see `Runner`. */
  readonly trusted: boolean
}

/**
 * Checks a job where it arrives: its form, its config, and that all it names lies in the workspace.
 *
 * @param value - whatever arrived
 * @param options - see {@link ReadJobOptions}
 * @returns the job with its config
 * @throws {@link KdError} saying what is wrong; nothing was read, written or run
 */
export async function readJob(value: unknown, { workspace, trusted }: ReadJobOptions): Promise<ReadyJob> {
  const parsed = jobSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new KdError(`job: ${issue.path.join('.') || 'it'} ${issue.message}`)
  }
  const job: Job = parsed.data
  // Before the config is read, which loads the plugin.
  if (!trusted && job.config.plugin !== undefined) {
    throw new KdError('job: config must have no plugin, which is code, got one', {
      hint: 'compare plugin methods with the local runner',
    })
  }
  // Teachers are trained and asked without a student.
  const required = job.kind === 'distill' ? (['method', 'training'] as const) : []
  const read = await readConfig(job.config, { folder: workspace, required })
  if (!trusted) await assertInside(workspace, pathsOf(read, job, workspace))
  return { job, read }
}

function pathsOf({ config }: ReadConfig, job: Job, workspace: string): string[] {
  const paths = [job.teachers, ...(job.kind === 'teacher' ? [] : [job.folder])].map((path) =>
    resolve(workspace, path),
  )
  mapConfigPaths(config, (path) => {
    paths.push(path)
    return path
  })
  return paths
}

async function assertInside(workspace: string, paths: readonly string[]): Promise<void> {
  const root = await realpath(workspace)
  for (const path of paths) {
    const real = await realPathOf(path)
    if (real !== root && !real.startsWith(root + sep)) {
      throw new KdError(`job: paths must lie in the workspace ${workspace}, got ${path}`)
    }
  }
}

/** Where a path leads through links, as far as it exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error
    return join(await realPathOf(parent), relative(parent, path))
  }
}

/** The other direction: paths of a config as a job carries them, relative where they lie in the workspace. */
export function workspacePath(workspace: string, path: string): string {
  const inside = relative(workspace, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/') || '.'
}
