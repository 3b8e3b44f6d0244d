import type { Job, JobEvent, JobOutcome } from '../job/job.js'

/** What a runner works with. */
export interface RunnerContext {
  /** Folder that every job's paths start from: shared by all machines that take part. */
  readonly workspace: string
  /** The folder of what the jobs are for, such as a comparison's: what a runner itself has to write goes there. Absolute. */
  readonly folder: string
  /** Ends everything: jobs under way stop after their current step, the others do not begin. */
  readonly signal: AbortSignal
  /** This is called with what happens; the last event of each job is `ended`. */
  readonly onEvent: (event: JobEvent) => void
}

/**
 * Where jobs are done. A job gives the same result bit for bit whichever runner does it, because all of them end in
 * `runJob` in a process of its own.
 */
export interface Runner {
  readonly name: string
  /**
   * Whether jobs may name files outside of the workspace and plugins, which are code: only where the person who wrote
   * the config is the one whose machine runs it.
   */
  readonly trusted: boolean
  /**
   * Does all jobs, each after those that it needs. A job that fails does not stop the rest, but fails those that need it.
   *
   * @param jobs - with different ids
   * @param context - see {@link RunnerContext}
   * @returns what became of each job, by id
   * @throws KdError only when no job can be done at all, such as when a queue cannot be reached
   */
  run(jobs: readonly Job[], context: RunnerContext): Promise<ReadonlyMap<string, JobOutcome>>
}
