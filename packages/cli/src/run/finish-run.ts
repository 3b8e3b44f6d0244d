import { taskOf, type Dataset } from '@kd/core'
import { examplesCsv } from './log/example-log.js'
import { runDiagnostics } from './diagnostics/run-diagnostics.js'
import type { RunResult, TeacherReport } from './log/run-result.js'
import { measureLatency, type Latency } from './model/measure-latency.js'
import { modelSize } from './model/model-size.js'
import { nonFiniteWarning } from './non-finite-warning.js'
import { keepStudent } from './training/keep-student.js'
import { figuresOf } from './training/make-teachers.js'
import { modelOf } from './training/changed-model.js'
import type { RunContext } from './training/run-context.js'
import type { StudentRun, TrainedStudent } from './training/train-student.js'

/** What a run says about its end. */
export type RunSummary = Pick<
  RunResult,
  'ended' | 'last' | 'best' | 'saved' | 'student' | 'teachers' | 'latency'
>

interface FinishedRun extends Omit<StudentRun, 'method' | 'data'> {
  readonly found: TrainedStudent
}

/** Tests the last and the best student, saves one of them, and says how good the teachers were. */
export async function finishRun(
  context: RunContext,
  { dataset, student, teachers, folder, found: trained }: FinishedRun,
): Promise<RunSummary> {
  const { config, signal, tell } = context
  const { history, best, ended, examples, diagnosed } = trained
  // An epoch that has ended has made the values.
  const csv = history.length > 0 ? examplesCsv(examples, dataset.train) : undefined
  if (csv !== undefined) await folder.writeFile('examples.csv', csv)
  const { report, testLogits } = await keepStudent(context, {
    name: 'student',
    student,
    dataset,
    found: trained,
  })

  const reports: TeacherReport[] = []
  for (const [index, { teacher, report }] of teachers.entries()) {
    if (signal?.aborted) break
    const train =
      trained.teacherTrainMetrics?.[index] ??
      (await figuresOf(teacher, dataset, 'train', config.teacherTimeout))
    const warning = nonFiniteWarning(train, `teacher ${index + 1}`, 'training')
    if (warning !== undefined) tell({ kind: 'message', text: warning })
    const model = modelOf(teacher)
    reports.push({ ...report, ...(model && modelSize(model)), train })
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
  const found = { ended, teachers: reports, ...report, student: modelSize(student) }
  if (signal?.aborted) return found
  return { ...found, latency: await latencyOf(student, teachers, dataset) }
}

/** A run waits for its end: enough for a median, where kd evaluate --latency takes more. */
const BRIEFLY = { repetitions: 30, seconds: 0.5 }

async function latencyOf(
  student: StudentRun['student'],
  teachers: StudentRun['teachers'],
  dataset: StudentRun['dataset'],
): Promise<NonNullable<RunResult['latency']>> {
  const ofTeachers: (readonly Latency[] | null)[] = []
  for (const { teacher } of teachers) {
    const model = modelOf(teacher)
    ofTeachers.push(model === undefined ? null : await measureLatency(model, dataset.inputShape, BRIEFLY))
  }
  return { student: await measureLatency(student, dataset.inputShape, BRIEFLY), teachers: ofTeachers }
}
