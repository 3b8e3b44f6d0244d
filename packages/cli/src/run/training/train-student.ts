import { distill, type Dataset, type DistillationMethod, type DistillationResult } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { watchStudent } from '../diagnostics/student-watch.js'
import { makeBatches, makeTraining } from './make-training.js'
import type { ReadyTeacher } from './make-teachers.js'
import type { MixingLog } from '../log/mixing-log.js'
import type { RunContext } from './run-context.js'
import { RunEvents } from '../log/run-events.js'
import { RunLog, type RunLogLine } from '../log/run-log.js'
import type { RunFolder } from '../folder/run-folder.js'
import { weightsHash } from '../model/saved-model.js'
import type { SelectionLog } from '../log/selection-log.js'

/** What a teacher says, as a hash: that of its weights, or of its labels. */
async function teacherHash(model: ReadyTeacher['model']): Promise<string> {
  return 'storedLogits' in model ? model.hash : weightsHash(model)
}

/** A student ready to be taught. */
export interface StudentRun {
  readonly dataset: Dataset
  /** Its hash. */
  readonly data: string
  readonly method: DistillationMethod
  readonly mixing: MixingLog
  readonly selection: SelectionLog
  readonly student: LayersModel
  readonly teachers: readonly ReadyTeacher[]
  readonly folder: RunFolder
}

/**
 * Trains the student of a run, from its checkpoint if it has one, and logs every epoch.
 *
 * @param context - of the run
 * @param run - the student and what teaches it
 * @returns what the training loop found
 */
export async function trainStudent(
  { config, signal, tell, checkpoints }: RunContext,
  run: StudentRun,
): Promise<DistillationResult> {
  const settings = makeTraining(config.training!)
  const { epochs } = settings
  const log = new RunLog(run.folder)
  const record = async (line: RunLogLine): Promise<void> => {
    await log.append(line)
    await events.append(line)
  }
  // Before a checkpoint too: a run that goes on in the middle of an epoch does not come by its update again.
  const logMethod = async (epoch: number): Promise<void> => {
    for (const line of run.mixing.lines(run.dataset.train)) {
      if (line.warning !== undefined) tell({ kind: 'message', text: line.warning })
      await record(line)
    }
    const choice = run.selection.take(epoch)
    if (choice === undefined) return
    await run.folder.writeFile('selection-scores.csv', choice.csv)
    await record(choice.line)
  }
  const { dataset, student } = run
  const watch = await watchStudent({ config, dataset, student, teacher: run.teachers[0]?.model })
  const hashes = await Promise.all(run.teachers.map(({ model }) => teacherHash(model)))
  const { resume, onCheckpoint } = await checkpoints.training('student', [run.data, ...hashes])
  const events = await RunEvents.open(run.folder)
  tell({ kind: 'training', who: 'student', epochs })
  try {
    return await distill({
      student: run.student,
      teachers: run.teachers.map(({ model }) => model),
      method: run.method,
      dataset: run.dataset,
      teacherMode: config.teacherMode,
      ...settings,
      ...makeBatches(run.dataset, config.dataset.augmentation),
      seed: config.seed,
      ...(signal && { signal }),
      ...(resume && { resume }),
      callbacks: {
        onCheckpoint: async (moment) => {
          await logMethod(moment.epoch + 1)
          await onCheckpoint(moment)
        },
        onStep: (step) => {
          tell({ kind: 'step', who: 'student', step })
        },
        onEpochEnd: async (metrics) => {
          tell({ kind: 'epoch', who: 'student', epochs, metrics })
          const epoch = metrics.epoch + 1
          await logMethod(epoch)
          if (watch !== undefined) await record(await watch(epoch))
          await record({ kind: 'epoch', ...metrics, epoch })
        },
      },
    })
  } finally {
    settings.optimizer.dispose()
    tell({ kind: 'trained', who: 'student' })
  }
}
