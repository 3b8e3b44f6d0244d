import { train } from '@kd/core'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { writeFileSafely } from '../folder/write-file-safely.js'
import { studentReport } from '../log/run-log.js'
import { taskReport, type StudentReport } from '../log/run-result.js'
import { studentModel } from '../model/config-model.js'
import { keepStudent } from './keep-student.js'
import { makeBatches, makeTraining } from './make-training.js'
import type { RunContext } from './run-context.js'
import type { StudentRun } from './train-student.js'

const who = 'student alone'
const FOLDER = 'student-alone'

const recordSchema = z.object({
  /** SHA-256 of the data that it was trained on. */
  data: z.string(),
  report: studentReport,
})

interface Recorded {
  readonly report: StudentReport
}

/**
 * Trains the student of a run with its labels alone: a model with the same initial weights on the same data in the same order, as
 * `kd train` does. A run that goes on takes what it has done of this before.
 *
 * @param context - of the run
 * @param run - its data, and their hash
 * @returns what was measured; undefined when the run was ended meanwhile
 */
export async function trainStudentAlone(
  context: RunContext,
  { dataset, data }: Pick<StudentRun, 'dataset' | 'data'>,
): Promise<StudentReport | undefined> {
  const { config, signal, tell, checkpoints, folder } = context
  const recordPath = join(folder.path, FOLDER, 'training.json')
  const recorded = await json(recordPath)
  // Given back as it was written, not as the check gives it: the order of keys is one of the bits of a result.
  if (recordSchema.safeParse(recorded).data?.data === data) return (recorded as Recorded).report
  const settings = makeTraining(config.training!)
  const { epochs } = settings
  const student = await studentModel(context, dataset)
  const { resume, onCheckpoint } = await checkpoints.training(FOLDER, [data])
  tell({ kind: 'training', who, epochs })
  try {
    const found = await train({
      model: student,
      dataset,
      ...settings,
      ...makeBatches(dataset, config.dataset.augmentation),
      seed: config.seed,
      ...(signal && { signal }),
      ...(resume && { resume }),
      callbacks: {
        onCheckpoint,
        onStep: (step) => {
          tell({ kind: 'step', who, step })
        },
        onEpochEnd: (metrics) => {
          tell({ kind: 'epoch', who, epochs, metrics, task: taskReport(dataset) })
        },
      },
    })
    if (signal?.aborted) return undefined
    const { report } = await keepStudent(context, { name: FOLDER, student, dataset, found })
    if (signal?.aborted) return undefined
    // Last of all: where it is, all before it is there too.
    await writeFileSafely(recordPath, `${JSON.stringify({ data, report }, null, 2)}\n`)
    return report
  } finally {
    tell({ kind: 'trained', who })
    student.dispose()
  }
}

async function json(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    // Missing or damaged: it is trained again, to the same bits.
    return undefined
  }
}
