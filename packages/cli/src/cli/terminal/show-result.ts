import type { Figures } from '@kd/core'
import { figureText } from '@kd/report'
import Table from 'cli-table3'
import { mainFigure, type RunResult } from '../../run/log/run-result.js'
import { guardedText } from './guarded-text.js'

/**
 * A plain table.
 *
 * @param head - titles of the columns
 * @param rows - cells
 * @returns lines without a line end
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const borders = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) =>
    ['', '-left', '-mid', '-right'].map((end) => [side + end, ''] as const),
  )
  const made = new Table({
    head: [...head],
    chars: { ...Object.fromEntries(borders), 'mid-mid': '', middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  })
  // A name with line ends would look like rows of its own.
  made.push(...rows.map((row) => row.map((cell) => guardedText(cell).replaceAll('\n', ' '))))
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** What a run found, for people. */
export function resultText(result: RunResult): string {
  const figure = mainFigure(result.task)
  const shown = (figures: Figures | undefined): string => figureText(figures?.[figure.name], figure)
  const student = (name: string, { epoch, validation, test }: NonNullable<RunResult['last']>): string[] => [
    `student, ${name} (${epoch})`,
    '',
    shown(validation),
    shown(test),
  ]
  const rows = [
    ...result.teachers.map((teacher, index) => {
      const name = `teacher ${result.teachers.length > 1 ? index + 1 : ''} (${teacher.model})`.replace(
        '  ',
        ' ',
      )
      return [name, shown(teacher.train), '', shown(teacher.test)]
    }),
    ...(result.last ? [student('last epoch', result.last)] : []),
    ...(result.best ? [student('best on validation', result.best)] : []),
  ]
  const ended = { epochs: '', 'early-stop': ', stopped early', aborted: ', ended by you' }[result.ended]
  return [
    `${result.method}, seed ${result.seed}, ${result.engine} engine, ${result.seconds.toFixed(1)} s${ended}`,
    table([figure.title, 'train', 'validation', 'test'], rows),
    result.saved === undefined
      ? `run folder ${result.folder} (no student: its training had not begun)`
      : `run folder ${result.folder} (student: ${result.saved === 'best' ? 'best on validation' : 'last epoch'})`,
  ].join('\n')
}
