import type { Config } from '../config/config-schema.js'
import type { OnRunProgress } from './run-progress.js'
import type { SharedTeachers } from './shared-teachers.js'

/** What stays the same through a run. */
export interface RunContext {
  readonly config: Config
  readonly signal: AbortSignal | undefined
  readonly tell: OnRunProgress
  /** Where teachers trained by recipes are kept for other runs, if they are. */
  readonly sharedTeachers?: SharedTeachers
}
