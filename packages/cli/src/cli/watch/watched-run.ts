import type { Comparison, ReportedEpoch, ReportedRun } from '@kd/report'
import type { NotedStep } from '../../run/log/step-file.js'

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
  /** How many epochs of the student it has trained. */
  readonly done: number
  /** The last of them, none left out: of a long training `written` has only some. */
  readonly newest: readonly ReportedEpoch[]
  /** How far it is within its epoch, while it goes on. */
  readonly step?: NotedStep
}

/** Everything that is being watched, at one moment. */
export interface Watched {
  readonly title: string
  readonly runs: readonly WatchedRun[]
  /** The report with what is known by now. */
  readonly comparison?: Comparison
}

/** Whether a report of both shows the same; how far runs are within their epochs is not in it. */
export function haveSameReport(one: Watched, other: Watched): boolean {
  return (
    one.title === other.title &&
    one.runs.length === other.runs.length &&
    one.runs.every(({ name, state, message, written }, index) => {
      const same = other.runs[index]!
      return (
        name === same.name && state === same.state && message === same.message && written === same.written
      )
    })
  )
}

/** Whether nothing more is to come. */
export function hasEnded({ runs }: Watched): boolean {
  return runs.length > 0 && runs.every(({ state }) => state !== 'waiting' && state !== 'running')
}
