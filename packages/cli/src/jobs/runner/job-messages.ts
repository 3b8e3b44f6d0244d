import type { RunProgress } from '../../run/log/run-progress.js'
import type { JobOutcome } from '../job/job.js'

/** What a job's process is told. */
export type ToJobProcess =
  /** Do a job; one at a time. */
  | { readonly kind: 'job'; readonly job: unknown; readonly workspace: string; readonly trusted: boolean }
  /** End the job after its current step. */
  | { readonly kind: 'stop' }

/** What a job's process tells. */
export type FromJobProcess =
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  | { readonly kind: 'outcome'; readonly outcome: JobOutcome }
