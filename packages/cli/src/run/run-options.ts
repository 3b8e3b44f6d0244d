import type { EngineName } from '@kd/core'
import type { OnRunProgress } from './log/run-progress.js'

/** How a run is started. */
export interface RunOptions {
  /** `key=value` each, in place of the config's own values. */
  readonly overrides?: readonly string[]
  /** The engine that takes the place of the config's. */
  readonly engine?: EngineName
  /** Folder of the run. @defaultValue `runs/<config>-<method>-<seed>`, with a number behind it where that exists */
  readonly out?: string
  /** Whether a run in `out` is replaced. @defaultValue false */
  readonly force?: boolean
  /**
   * Whether the run in `out` goes on where it was interrupted, to the same bits. A run that has ended is left as it is, and one
   * that has not begun begins. @defaultValue false
   */
  readonly resume?: boolean
  /**
   * Seconds between two checkpoints within an epoch; 0: after each step. At the end of an epoch there is one sooner, as long as
   * checkpoints take no more than 2 % of the time. @defaultValue 60
   */
  readonly checkpointSeconds?: number
  /**
   * Folder of teachers that were trained by recipes for many runs: one with the same recipe, data and seed is taken instead
   * of being trained anew, with the same bits. @defaultValue every run trains its own
   */
  readonly teachersFolder?: string
  /** This is called with what goes on. */
  readonly onProgress?: OnRunProgress
  /** Ends the run after the current step; what was done is saved and returned. */
  readonly signal?: AbortSignal
}

/** The {@link RunOptions} for a config that was read before. */
export interface RunConfigOptions extends RunOptions {
  /** The identity of the job that the run is, whose lease this process holds. The run must turn out to have it. */
  readonly id?: string
}
