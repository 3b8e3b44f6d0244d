import { selectEngine } from '@kd/core'
import type { ReadConfig } from '../../config/read-config.js'
import { CHECKPOINT_SECONDS, RunCheckpoints } from '../checkpoint/run-checkpoints.js'
import { trainOpen } from './make-teachers.js'
import { disposeTeachers, openTeacher } from './open-teachers.js'
import { prepareDataset } from '../data/prepare-dataset.js'
import { recordedRun } from '../origin/recorded-run.js'
import { RunFolder } from '../folder/run-folder.js'
import { writeOrigin } from '../origin/run-origin.js'
import type { OnRunProgress } from '../log/run-progress.js'
import { sharedTeacherFolder } from './shared-teacher-folder.js'

/** How a teacher is trained for many runs. */
export interface RunTeacherOptions {
  /** Which of the config's teachers. */
  readonly index: number
  /** The identity of the job, whose lease this process holds: that of the teacher, see `teacherIdentity`. */
  readonly id: string
  /** Where it goes. */
  readonly teachersFolder: string
  readonly signal: AbortSignal
  readonly onProgress: OnRunProgress
}

/**
 * Trains one teacher of a config by its recipe for all runs that need the same; goes on where it was interrupted, and does
 * nothing when it is there.
 *
 * @param read - a config
 * @param options - see {@link RunTeacherOptions}
 */
export async function runTeacher(
  read: ReadConfig,
  { index, id, teachersFolder, signal, onProgress: tell }: RunTeacherOptions,
): Promise<void> {
  const engine = await selectEngine(read.config.engine)
  const config = { ...read.config, engine: engine.name }
  const named = { config, catalogue: read.catalogue }
  const clean = await prepareDataset(named, tell)
  const open = await openTeacher(named, index, clean)
  const { path: out } = sharedTeacherFolder(teachersFolder, id)
  const folder = await RunFolder.create({ out, name: id, resume: true, id })
  try {
    const resume = (await recordedRun(out)) !== undefined
    if (!resume) {
      const { own: dataset, data } = open.recipe!
      await writeOrigin(folder, { config, dataset, id, data })
    }
    const setup = { folder, id, resume, everySeconds: CHECKPOINT_SECONDS, signal, tell }
    const checkpoints = new RunCheckpoints(setup)
    await trainOpen({ ...named, signal, tell, folder, checkpoints }, clean, open)
    disposeTeachers([open])
    if (!signal.aborted) await checkpoints.remove()
  } finally {
    await folder.release()
  }
}
