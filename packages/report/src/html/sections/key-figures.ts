import { accuracy, figureNote, figureText, valueText, type ComparedFigure } from '../../figure-text.js'
import type { ReportedResult, ReportedRun } from '../../run/reported-run.js'
import { bytesText, countText, threeDigits } from '../../size-text.js'
import { html, type Html } from '../parts/html.js'
import type { Section } from '../parts/page.js'

/** A figure that somebody looks for first. */
interface KeyFigure {
  readonly name: string
  readonly value: string
  readonly note?: string
}

/** Leads a report of one run that has ended: a sentence, and how good and how large student and teachers are. */
export function keyFiguresSection({ figure = accuracy, result }: ReportedRun): Section | undefined {
  const student = result && keptStudent(result)
  if (result === undefined || student === undefined) return undefined
  const figures: KeyFigure[] = [
    keyFigure(
      'student',
      figureText(student.test ?? student.validation, figure),
      validationNote(student, figure),
    ),
    ...(result.alone === undefined
      ? []
      : [
          keyFigure(
            'student without teacher',
            figureText(result.alone.test ?? result.alone.validation, figure),
            validationNote(result.alone, figure),
          ),
        ]),
    ...result.teachers.map(({ model, test, train }, index) =>
      test === undefined
        ? keyFigure(teacherName(result, index), figureText(train, figure), `${model}, on the training split`)
        : keyFigure(teacherName(result, index), figureText(test, figure), model),
    ),
    ...classFigures(student),
    ...sizes(result),
  ]
  const split = student.test === undefined ? 'validation' : 'test'
  const content = html`<p class="finding">${sentences(result, figure).join(' ')}</p>
    <dl class="key">${figures.map(card)}</dl>
    <p>Unless said otherwise, figures are on the ${split} split: ${figureNote(figure) ?? accuracy.title}.</p>`
  return { id: 'key-figures', title: 'Key figures', content }
}

function keyFigure(name: string, value: string, note?: string): KeyFigure {
  return { name, value: value === '' ? '–' : value, ...(note !== undefined && { note }) }
}

function card({ name, value, note }: KeyFigure): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}${note === undefined ? '' : html`<small>${note}</small>`}</dd>
  </div>`
}

/** The student that is in the run's folder. */
function keptStudent({ saved, best, last }: ReportedResult): ReportedResult['last'] {
  return saved === 'last' ? last : (best ?? last)
}

function teacherName({ teachers }: ReportedResult, index: number): string {
  return teachers.length === 1 ? 'teacher' : `teacher ${index + 1}`
}

function validationNote(
  { validation, test }: NonNullable<ReportedResult['last']>,
  figure: ComparedFigure,
): string | undefined {
  return validation === undefined || test === undefined
    ? undefined
    : `validation ${figureText(validation, figure)}`
}

function classFigures({ balancedAccuracy, macroF1 }: NonNullable<ReportedResult['last']>): KeyFigure[] {
  return [
    ...(balancedAccuracy === undefined ? [] : [keyFigure('balanced accuracy', figureText(balancedAccuracy))]),
    ...(macroF1 === undefined ? [] : [keyFigure('macro F1', figureText(macroF1))]),
  ]
}

function sizes(result: ReportedResult): KeyFigure[] {
  const { student, teachers } = result
  const sizeOf = (name: string, { parameters, bytes }: { parameters: number; bytes: number }): KeyFigure =>
    keyFigure(`size of ${name}`, bytesText(bytes), `${countText(parameters)} parameters`)
  const ofTeachers = teachers.flatMap(({ parameters, bytes }, index) => {
    if (parameters === undefined || bytes === undefined) return []
    const name = teacherName(result, index)
    const ratio =
      student === undefined || student.bytes === 0
        ? []
        : [keyFigure('compression', `${threeDigits(bytes / student.bytes)} ×`, `bytes of ${name} / student`)]
    return [sizeOf(name, { parameters, bytes }), ...ratio]
  })
  return [...(student === undefined ? [] : [sizeOf('student', student)]), ...ofTeachers]
}

/** What one run allows one to say. */
function sentences(result: ReportedResult, figure: ComparedFigure): string[] {
  const student = keptStudent(result)
  return [
    ...versus(
      'its teacher',
      student?.test,
      result.teachers.length === 1 ? result.teachers[0]!.test : undefined,
      figure,
    ),
    ...versus('the same student without a teacher', student?.test, result.alone?.test, figure),
    'With 1 seed nothing can be said of how other seeds would do: kd compare runs several.',
  ]
}

function versus(
  name: string,
  value: number | undefined,
  other: number | undefined,
  figure: ComparedFigure,
): string[] {
  if (value === undefined || other === undefined) return []
  const gap = value - other
  const show = valueText(figure)
  const unit = { share: ' points', nats: ' nats', number: '' }[figure.unit]
  if (Number(show(Math.abs(gap))) === 0) return [`Here the student is as good as ${name}.`]
  const isBetter = gap > 0 === (figure.better === 'higher')
  return [`Here the student is ${show(Math.abs(gap))}${unit} ${isBetter ? 'better' : 'worse'} than ${name}.`]
}
