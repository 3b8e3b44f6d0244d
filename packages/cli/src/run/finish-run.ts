import { evaluate, taskOf, type Dataset, type Figures } from '@kd/core'
import { examplesCsv } from './log/example-log.js'
import { runDiagnostics } from './diagnostics/run-diagnostics.js'
import type { RunResult, StudentAtEpoch, TeacherReport } from './log/run-result.js'
import { writeInputDescription } from './model/input-description.js'
import { nonFiniteWarning } from './non-finite-warning.js'
import { saveModel } from './model/saved-model.js'
import { figuresOf } from './training/make-teachers.js'
import type { RunContext } from './training/run-context.js'
import type { StudentRun, TrainedStudent } from './training/train-student.js'

/** What a run says about its end. */
export type RunSummary = Pick<RunResult, 'ended' | 'last' | 'best' | 'saved' | 'teachers'>

interface FinishedRun extends Omit<StudentRun, 'method' | 'data'> {
  readonly found: TrainedStudent
}

/** Tests the last and the best student, saves one of them, and says how good the teachers were. */
export async function finishRun(
  { config, signal, tell }: RunContext,
  { dataset, student, teachers, folder, found }: FinishedRun,
): Promise<RunSummary> {
  const { history, best, ended, examples, diagnosed } = found
  const saved = config.student.keep === 'best' && best !== undefined ? 'best' : 'last'
  const save = async (): Promise<void> => {
    const path = await folder.makeFolder('student')
    await writeInputDescription(path, dataset)
    await saveModel(student, path)
  }
  let testLogits: Float32Array | undefined
  const warn = (figures: Figures, whose: string, split: string): void => {
    const text = nonFiniteWarning(figures, whose, split)
    if (text !== undefined) tell({ kind: 'message', text })
  }
  const test = async (): Promise<Pick<StudentAtEpoch, 'test'>> => {
    // Somebody who ended the run wants it to end; kd evaluate can still test the student.
    if (dataset.test === undefined || signal?.aborted) return {}
    const { figures, logits } = await evaluate(student, dataset, { split: 'test' })
    testLogits = logits
    warn(figures, 'the student', 'test')
    return { test: figures }
  }

  // An epoch that has ended has made the values.
  const csv = history.length > 0 ? examplesCsv(examples, dataset.train) : undefined
  if (csv !== undefined) await folder.writeFile('examples.csv', csv)
  if (saved === 'last') await save()
  const lastEpoch = history.at(-1)
  if (lastEpoch?.validation !== undefined) warn(lastEpoch.validation, 'the student', 'validation')
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
  for (const [index, { teacher, report }] of teachers.entries()) {
    if (signal?.aborted) break
    const train =
      found.teacherTrainMetrics?.[index] ??
      (await figuresOf(teacher, dataset, 'train', config.teacherTimeout))
    warn(train, `teacher ${index + 1}`, 'training')
    reports.push({ ...report, train })
  }
  if (!signal?.aborted && taskOf(dataset).name === 'classification') {
    const diagnostics = await runDiagnostics({
      config,
      dataset: dataset as Dataset,
      student,
      testLogits,
      isBest: best !== undefined,
      teachers: teachers.map(({ teacher }) => teacher),
      diagnosed,
    })
    await folder.writeJson('diagnostics.json', diagnostics)
  }
  return { ended, saved, teachers: reports, ...(last && { last }), ...(bestEpoch && { best: bestEpoch }) }
}

function testOf({ test }: StudentAtEpoch): Pick<StudentAtEpoch, 'test'> {
  return test === undefined ? {} : { test }
}

function validationOf({ validation }: TrainedStudent['history'][number]): Pick<StudentAtEpoch, 'validation'> {
  return validation === undefined ? {} : { validation }
}
