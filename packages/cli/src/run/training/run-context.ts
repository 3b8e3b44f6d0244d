import type { NamedConfig } from '../model/config-model.js'
import type { RunCheckpoints } from '../checkpoint/run-checkpoints.js'
import type { RunFolder } from '../folder/run-folder.js'
import type { OnRunProgress } from '../log/run-progress.js'

/** What stays the same through a run. */
export interface RunContext extends NamedConfig {
  readonly signal: AbortSignal | undefined
  readonly tell: OnRunProgress
  /** Where teachers trained by recipes are saved. */
  readonly folder: RunFolder
  readonly checkpoints: RunCheckpoints
  /** Where teachers lie that were trained by recipes for all runs of a comparison. */
  readonly teachersFolder?: string | undefined
}
