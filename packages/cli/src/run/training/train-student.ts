import {
  distill,
  type AnyDataset,
  type DistillationResult,
  type EpochMetrics,
  type Method,
  type RunView,
} from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { RunTeacher } from '../answers/kept-answers.js'
import { ExampleLog } from '../log/example-log.js'
import { RunEvents } from '../log/run-events.js'
import { RunLog, type RunLogLine } from '../log/run-log.js'
import { DIAGNOSED_EXAMPLES } from '../diagnostics/run-diagnostics.js'
import type { RunFolder } from '../folder/run-folder.js'
import type { ReadyTeacher } from './make-teachers.js'
import { makeBatches, makeTraining } from './make-training.js'
import { taskReport } from '../log/run-result.js'
import { teacherHash } from './teacher-hash.js'
import type { RunContext } from './run-context.js'

/** A student ready to be taught. */
export interface StudentRun {
  readonly dataset: AnyDataset
  /** The hash of the data set. */
  readonly data: string
  readonly method: Method
  readonly student: LayersModel
  readonly teachers: readonly ReadyTeacher[]
  readonly folder: RunFolder
}

/** What the training of a student gives. */
export interface TrainedStudent extends DistillationResult {
  /** What the method did in the end to the first examples of the training split, what needs outputs too. */
  readonly diagnosed: Readonly<Record<string, Float32Array>>
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
): Promise<TrainedStudent> {
  const settings = makeTraining(config.training!)
  const { epochs } = settings
  const { method, dataset, student } = run
  const teachers = run.teachers.map(({ teacher }) => teacher)
  const hashes = await Promise.all(teachers.map(hashOrName))
  const { resume, onCheckpoint } = await checkpoints.training('student', [run.data, ...hashes])
  const { examples, logNotes, recordEpoch } = logged(run, epochs, tell, await RunEvents.open(run.folder))
  let diagnosed: TrainedStudent['diagnosed'] = {}
  tell({ kind: 'training', who: 'student', epochs })
  try {
    const found = await distill({
      student,
      teachers,
      method,
      dataset,
      teacherMode: config.teacherMode,
      ...settings,
      ...makeBatches(dataset, config.dataset.augmentation),
      seed: config.seed,
      ...(config.teacherTimeout !== undefined && { teacherTimeout: config.teacherTimeout }),
      ...(signal && { signal }),
      ...(resume && { resume }),
      callbacks: {
        onMethodNotes: (epoch, notes) => {
          examples.note(epoch, notes)
        },
        onCheckpoint: async (moment) => {
          await logNotes()
          await onCheckpoint(moment)
        },
        onStep: (step) => {
          tell({ kind: 'step', who: 'student', step })
        },
        onEpochEnd: recordEpoch,
        onEnd: async (view) => {
          if (signal?.aborted) return
          const ids = dataset.train.ids.subarray(0, DIAGNOSED_EXAMPLES)
          diagnosed = await view.examples(ids, { outputs: true })
        },
      },
    })
    return { ...found, diagnosed }
  } finally {
    tell({ kind: 'trained', who: 'student' })
  }
}

interface LoggedRun {
  readonly examples: ExampleLog
  readonly logNotes: () => Promise<void>
  readonly recordEpoch: (metrics: EpochMetrics, view: RunView) => Promise<void>
}

/** Makes what writes a run's lines to its log and to its event file. */
function logged(run: StudentRun, epochs: number, tell: RunContext['tell'], events: RunEvents): LoggedRun {
  const { method, dataset, student } = run
  const log = new RunLog(run.folder)
  const examples = new ExampleLog({
    method,
    dataset,
    student,
    teachers: run.teachers.map(({ teacher }) => teacher),
  })
  const record = async (line: RunLogLine): Promise<void> => {
    await log.append(line)
    await events.append(line)
  }
  // Before a checkpoint too: a run that goes on in the middle of an epoch is not told its notes again.
  const logNotes = async (): Promise<void> => {
    const { lines, warnings } = examples.takeNotes()
    for (const text of warnings) tell({ kind: 'message', text })
    for (const line of lines) await record(line)
  }
  const recordEpoch = async (metrics: EpochMetrics, view: RunView): Promise<void> => {
    tell({ kind: 'epoch', who: 'student', epochs, metrics, task: taskReport(dataset) })
    const epoch = metrics.epoch + 1
    await logNotes()
    const line = await examples.line(epoch, view)
    if (line !== undefined) await record(line)
    await record({ kind: 'epoch', ...metrics, epoch })
  }
  return { examples, logNotes, recordEpoch }
}

/** What a teacher says, as a hash; its name where it computes elsewhere. */
async function hashOrName(teacher: RunTeacher): Promise<string> {
  return (await teacherHash(teacher)) ?? teacher.name
}
