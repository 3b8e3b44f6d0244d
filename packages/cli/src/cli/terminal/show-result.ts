import type { Figures } from '@kd/core'
import { figureText } from '@kd/report'
import { sizeOnDisk } from '../../jobs/size-on-disk.js'
import { mainFigure, type RunResult, type StudentAtEpoch } from '../../run/log/run-result.js'
import { shownPath } from './shown-path.js'
import { table } from './table.js'

/** What a run found, for people: how good student and teachers are, what they cost, and where the student is. */
export function resultText(result: RunResult): string {
  const { method, seed, engine, seconds, saved, folder } = result
  const ended = { epochs: '', 'early-stop': ', stopped early', aborted: ', ended by you' }[result.ended]
  const path = shownPath(folder)
  const whichStudent = saved === 'best' ? 'best on validation' : 'last epoch'
  const where =
    saved === undefined
      ? `run folder ${path} (no student: its training had not begun)`
      : `run folder ${path} (student: ${whichStudent})`
  const parts = [
    [`${method}, seed ${seed}, ${engine} engine, ${seconds.toFixed(1)} s${ended}`],
    [figureTable(result), ...gains(result)],
    costTable(result),
    [where],
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function figureTable({ task, teachers, alone, last, best }: RunResult): string {
  const figure = mainFigure(task)
  const shown = (figures: Figures | undefined): string => figureText(figures?.[figure.name], figure)
  const student = (name: string, found: StudentAtEpoch | undefined): string[][] =>
    found === undefined ? [] : [[`${name} (${found.epoch})`, '', shown(found.validation), shown(found.test)]]
  const rows = [
    ...teachers.map(({ train, test }, index) => [
      teacherName(teachers, index),
      shown(train),
      '',
      shown(test),
    ]),
    ...student('student alone, last epoch', alone?.last),
    ...student('student alone, best on validation', alone?.best),
    ...student('student, last epoch', last),
    ...student('student, best on validation', best),
  ]
  return table([figure.title, 'train', 'validation', 'test'], rows)
}

/** How far the student is from the one without a teacher, and from its teacher, on the test split. */
function gains(result: RunResult): string[] {
  const { task, teachers, alone, ended } = result
  const figure = mainFigure(task)
  const ofTest = (found: { readonly test?: Figures } | undefined): number | undefined =>
    found?.test?.[figure.name]
  const student = ofTest(savedOf(result))
  if (ended === 'aborted' || student === undefined || figure.unit !== 'share') return []
  const others = [
    ['the student alone', alone && ofTest(savedOf(alone))],
    ['the teacher', teachers.length === 1 ? ofTest(teachers[0]) : undefined],
  ] as const
  const differences = others.flatMap(([name, value]) =>
    value === undefined ? [] : [`${signedPoints(student - value)} to ${name}`],
  )
  if (differences.length === 0) return []
  return [
    `saved student on test, in points: ${differences.join(', ')}`,
    '(of one seed: kd compare tells a gain from chance)',
  ]
}

function savedOf({
  saved,
  best,
  last,
}: Pick<RunResult, 'saved' | 'best' | 'last'>): StudentAtEpoch | undefined {
  return saved === 'best' ? best : last
}

function signedPoints(difference: number): string {
  return `${difference > 0 ? '+' : ''}${(100 * difference).toFixed(2)}`
}

/** Parameters, bytes and time of student and teachers. */
function costTable({ student, teachers, latency, engine }: RunResult): string[] {
  if (student === undefined) return []
  const sizes = latency?.student.map(({ batchSize }) => batchSize) ?? []
  const row = (
    name: string,
    { parameters, bytes }: Partial<NonNullable<RunResult['student']>>,
    compression: string,
    times: NonNullable<RunResult['latency']>['student'] | null | undefined,
  ): string[] => [
    name,
    parameters?.toLocaleString('en-US') ?? '',
    bytes === undefined ? '' : sizeOnDisk(bytes),
    ...(teachers.length > 0 ? [compression] : []),
    ...sizes.map((_, index) => (times ? milliseconds(times[index]!.median) : '')),
  ]
  const rows = [
    ...teachers.map((teacher, index) => {
      const { bytes } = teacher
      const compression = bytes === undefined ? '' : `${(bytes / student.bytes).toFixed(1)} x`
      return row(teacherName(teachers, index), teacher, compression, latency?.teachers[index])
    }),
    row('student', student, '', latency?.student),
  ]
  const compression = teachers.length > 0 ? ['compression'] : []
  const calls = sizes.map((size) => (size === 1 ? '1 example' : `${size} examples`))
  const lines = [table(['', 'parameters', 'size', ...compression, ...calls], rows)]
  return sizes.length === 0
    ? lines
    : [...lines, `size: weights as float32; times: median of a call on the ${engine} engine, here and now`]
}

function teacherName(teachers: RunResult['teachers'], index: number): string {
  return `teacher ${teachers.length > 1 ? `${index + 1} ` : ''}(${teachers[index]!.model})`
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toPrecision(2) : value.toFixed(0)} ms`
}
