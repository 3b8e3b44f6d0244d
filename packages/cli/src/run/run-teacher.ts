import { selectEngine } from '@kd/core'
import type { ReadConfig } from '../config/read-config.js'
import { makeTeacher } from './make-teachers.js'
import { prepareDataset } from './prepare-dataset.js'
import type { OnRunProgress } from './run-progress.js'
import { SharedTeachers } from './shared-teachers.js'

/** How a teacher is trained for others. */
export interface RunTeacherOptions {
  /** Where it is kept. */
  readonly teachersFolder: string
  readonly signal: AbortSignal
  readonly onProgress: OnRunProgress
}

/**
 * Trains one teacher of a config by its recipe and keeps it for all runs that need the same; nothing when it is there.
 *
 * @param read - a config
 * @param index - which of its teachers
 * @param options - see {@link RunTeacherOptions}
 */
export async function runTeacher(
  read: ReadConfig,
  index: number,
  { teachersFolder, signal, onProgress: tell }: RunTeacherOptions,
): Promise<void> {
  const engine = await selectEngine(read.config.engine)
  const config = { ...read.config, engine: engine.name }
  const context = { config, signal, tell, sharedTeachers: new SharedTeachers(teachersFolder) }
  const clean = await prepareDataset(config.dataset, tell)
  const { model } = await makeTeacher(context, clean, config.teachers[index]!, index)
  model.dispose()
}
