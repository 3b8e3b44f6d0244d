import type { DistillationResult } from '@kd/core'
import { runDiagnostics } from './diagnostics/run-diagnostics.js'
import { evaluateSplit } from './evaluate-split.js'
import type { RunContext } from './run-context.js'
import type { RunResult, StudentAtEpoch, TeacherReport } from './run-result.js'
import { saveModel } from './saved-model.js'
import type { StudentRun } from './train-student.js'

/** What a run says of its end. */
export type RunSummary = Pick<RunResult, 'ended' | 'last' | 'best' | 'saved' | 'teachers'>

interface FinishedRun extends Omit<StudentRun, 'method' | 'mixing' | 'data'> {
  readonly found: DistillationResult
}

/** Tests the last and the best student, saves one of them, and says how good the teachers were. */
export async function finishRun(
  { config, signal }: RunContext,
  { dataset, student, teachers, folder, found }: FinishedRun,
): Promise<RunSummary> {
  const { history, best, ended } = found
  const saved = config.student.keep === 'best' && best !== undefined ? 'best' : 'last'
  const save = async (): Promise<void> => saveModel(student, await folder.makeFolder('student'))
  // Somebody who ended the run wants it to end; kd evaluate can still test the student.
  const test = async (): Promise<Pick<StudentAtEpoch, 'test'>> =>
    dataset.test === undefined || signal?.aborted
      ? {}
      : { test: await evaluateSplit(student, dataset, { split: 'test' }) }

  if (saved === 'last') await save()
  const lastEpoch = history.at(-1)
  const last = lastEpoch && { epoch: lastEpoch.epoch + 1, ...validationOf(lastEpoch), ...(await test()) }
  best?.restore()
  if (saved === 'best') await save()
  const bestEpoch = best && { epoch: best.epoch + 1, validation: best.validation, ...(await test()) }

  const reports: TeacherReport[] = []
  for (const [index, teacher] of teachers.entries()) {
    if (signal?.aborted) break
    const train =
      found.teacherTrainMetrics?.[index] ?? (await evaluateSplit(teacher.model, dataset, { split: 'train' }))
    reports.push({ ...teacher.report, train })
  }
  if (!signal?.aborted) {
    const models = teachers.map(({ model }) => model)
    const isBest = best !== undefined
    const run = { config, dataset, student, isBest, teachers: models }
    await folder.writeJson('diagnostics.json', await runDiagnostics(run))
  }
  return { ended, saved, teachers: reports, ...(last && { last }), ...(bestEpoch && { best: bestEpoch }) }
}

function validationOf({
  validation,
}: DistillationResult['history'][number]): Pick<StudentAtEpoch, 'validation'> {
  return validation === undefined ? {} : { validation }
}
