import { classificationMetrics, type DistillationResult } from '@kd/core'
import { runDiagnostics } from './diagnostics/run-diagnostics.js'
import { evaluateSplit, splitLogits } from './data/evaluate-split.js'
import { readSelectionScores } from './log/read-selection-scores.js'
import type { RunContext } from './training/run-context.js'
import type { RunResult, StudentAtEpoch, TeacherReport } from './log/run-result.js'
import { saveModel } from './model/saved-model.js'
import type { StudentRun } from './training/train-student.js'

/** What a run says of its end. */
export type RunSummary = Pick<RunResult, 'ended' | 'last' | 'best' | 'saved' | 'teachers'>

interface FinishedRun extends Omit<StudentRun, 'method' | 'selection' | 'data'> {
  readonly found: DistillationResult
}

/** Tests the last and the best student, saves one of them, and says how good the teachers were. */
export async function finishRun(
  { config, signal }: RunContext,
  { dataset, mixing, student, teachers, folder, found }: FinishedRun,
): Promise<RunSummary> {
  const { history, best, ended } = found
  const saved = config.student.keep === 'best' && best !== undefined ? 'best' : 'last'
  const save = async (): Promise<void> => saveModel(student, await folder.makeFolder('student'))
  let testLogits: Float32Array | undefined
  const test = async (): Promise<Pick<StudentAtEpoch, 'test'>> => {
    // Somebody who ended the run wants it to end; kd evaluate can still test the student.
    if (dataset.test === undefined || signal?.aborted) return {}
    testLogits = await splitLogits(student, dataset, { split: 'test' })
    return { test: classificationMetrics(testLogits, dataset.test.labels) }
  }

  if (saved === 'last') await save()
  const lastEpoch = history.at(-1)
  const last = lastEpoch && { epoch: lastEpoch.epoch + 1, ...validationOf(lastEpoch), ...(await test()) }
  best?.restore()
  if (saved === 'best') await save()
  // The same weights would give the same again.
  const tested = last !== undefined && best?.epoch === lastEpoch?.epoch ? testOf(last) : undefined
  const bestEpoch = best && {
    epoch: best.epoch + 1,
    validation: best.validation,
    ...(tested ?? (await test())),
  }

  const reports: TeacherReport[] = []
  for (const [index, teacher] of teachers.entries()) {
    if (signal?.aborted) break
    const train =
      found.teacherTrainMetrics?.[index] ?? (await evaluateSplit(teacher.model, dataset, { split: 'train' }))
    reports.push({ ...teacher.report, train })
  }
  if (!signal?.aborted) {
    const run = {
      ...{ config, dataset, student, testLogits, mixing },
      isBest: best !== undefined,
      teachers: teachers.map(({ model }) => model),
      selection: await readSelectionScores(folder.path),
    }
    await folder.writeJson('diagnostics.json', await runDiagnostics(run))
  }
  return { ended, saved, teachers: reports, ...(last && { last }), ...(bestEpoch && { best: bestEpoch }) }
}

function testOf({ test }: StudentAtEpoch): Pick<StudentAtEpoch, 'test'> {
  return test === undefined ? {} : { test }
}

function validationOf({
  validation,
}: DistillationResult['history'][number]): Pick<StudentAtEpoch, 'validation'> {
  return validation === undefined ? {} : { validation }
}
