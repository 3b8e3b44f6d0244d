import type { Comparison, ReportedRun } from '@kd/report'

/** A run as it is being watched. */
export interface WatchedRun {
  /** The report's name for it. */
  readonly name: string
  /** `interrupted` saved where it was; `stopped` is without a process and without an end, as after a kill. */
  readonly state: 'waiting' | 'running' | 'done' | 'interrupted' | 'stopped' | 'failed'
  /** Why it failed or stopped. */
  readonly message?: string
  /** Epochs that its config asks for; early stopping may end it before. */
  readonly epochs?: number
  /** What it has written so far; absent before it has begun. */
  readonly written?: ReportedRun
}

/** Everything that is being watched, at one moment. */
export interface Watched {
  readonly title: string
  readonly runs: readonly WatchedRun[]
  /** With what is known by now. */
  readonly comparison?: Comparison
}

/** Whether nothing more is to come. */
export function hasEnded({ runs }: Watched): boolean {
  return runs.length > 0 && runs.every(({ state }) => state !== 'waiting' && state !== 'running')
}
