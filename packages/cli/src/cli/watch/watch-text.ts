import { figureNote, figureText } from '@kd/report'
import type { ReportedEpoch } from '@kd/report'
import sparkly from 'sparkly'
import { guardedText } from '../terminal/guarded-text.js'
import type { Watched, WatchedRun } from './watched-run.js'

/** Columns of a bar. */
const BAR = 16
/** Columns of a curve at most. */
const CURVE = 40

/**
 * What is watched, as text for a terminal: a run's curves, or a line for each of several runs.
 *
 * @param watched - at this moment
 * @param size - of the terminal
 * @returns lines without a line end
 */
export function watchText(watched: Watched, { columns, rows }: Record<'columns' | 'rows', number>): string {
  const lines = linesOf(watched, rows)
  // A name with line ends would look like lines of its own.
  const shown = lines.map((line) => guardedText(line).replaceAll('\n', ' '))
  return shown.map((line) => Array.from(line).slice(0, columns).join('')).join('\n')
}

function linesOf(watched: Watched, rows: number): string[] {
  const { runs, title } = watched
  if (runs.length === 0) return [`${title}: waiting for a run`]
  return runs.length === 1 ? oneRun(runs[0]!) : manyRuns(watched, rows)
}

function oneRun(run: WatchedRun): string[] {
  const { name, written } = run
  if (written === undefined) return [`${name}: ${run.state}${reason(run)}`]
  const { method, seed, epochs, figure, result } = written
  const shown = (value: number): string => figureText(value, figure)
  const last = epochs.at(-1)
  const note = figureNote(figure)
  const head = `${name}: ${method}, seed ${seed}, ${run.state}${reason(run)}${note === undefined ? '' : `; ${note}`}`
  const now = [stepText(run)].filter((text) => text !== undefined)
  if (last === undefined) return [head, `${bar(run)}, the student's training has not ended an epoch`, ...now]
  const curves = [
    curve('loss', epochs, ({ train }) => train.loss, number),
    curve('train', epochs, ({ train }) => train.figure, shown),
    curve('validation', epochs, ({ validation }) => validation?.figure, shown),
  ]
  const test = result?.last?.test
  return [
    head,
    `${bar(run)}, ${last.seconds.toFixed(1)} s for the last one, learning rate ${number(last.learningRate)}`,
    ...now,
    ...curves.filter((line) => line !== undefined),
    ...(test === undefined ? [] : [`test        ${shown(test)}`]),
  ]
}

/** A title, and those under way first; of the others as many as there is room for. */
function manyRuns({ title, runs }: Watched, rows: number): string[] {
  const order: readonly WatchedRun['state'][] = [
    'running',
    'failed',
    'stopped',
    'interrupted',
    'done',
    'waiting',
  ]
  const counts = order.flatMap((state) => {
    const count = runs.filter((run) => run.state === state).length
    return count === 0 ? [] : [`${count} ${state}`]
  })
  const sorted = [...runs].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
  // One line for the title, one for what is left out, one for the cursor.
  const shown = sorted.slice(0, Math.max(1, rows - 3))
  const width = Math.max(...shown.map(({ name }) => name.length))
  const rest = sorted.length - shown.length
  return [
    `${title}: ${runs.length} runs, ${counts.join(', ')}`,
    ...shown.map((run) => `${run.name.padEnd(width)}  ${summary(run)}`),
    ...(rest === 0 ? [] : [`and ${rest} more`]),
  ]
}

function summary(run: WatchedRun): string {
  const { state, written } = run
  const last = written?.epochs.at(-1)
  if (last === undefined) return `${state}${reason(run)}`
  const test = written?.result?.last?.test
  const reached = test ?? (last.validation ?? last.train).figure
  const what = test !== undefined ? 'test' : last.validation === undefined ? 'train' : 'validation'
  const shown = reached === undefined ? '' : `  ${what} ${figureText(reached, written!.figure)}`
  const values = written!.epochs.map(({ validation, train }) => (validation ?? train).figure ?? NaN)
  const drawn = sparkly(thinned(values, BAR))
  return `${bar(run)}  loss ${number(last.train.loss)}${shown}  ${drawn}  ${state}${reason(run)}`
}

function bar({ epochs: planned, done, step }: WatchedRun): string {
  if (planned === undefined) return `${done} epochs`
  // Of the student alone: its epochs are what the bar is about.
  const within = step?.who === 'student' && step.step.epoch >= done ? step.step : undefined
  const reached = within === undefined ? done : within.epoch + within.step / within.stepsPerEpoch
  const full = Math.min(BAR, Math.floor((BAR * reached) / planned))
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${done}/${planned} epochs`
}

/**
 * How far a run is within its epoch.
 *
 * @returns undefined where it has not said so
 */
export function stepText({ step: noted }: WatchedRun): string | undefined {
  if (noted === undefined) return undefined
  const { epoch, epochs, step, stepsPerEpoch, loss } = noted.step
  const shown = loss === undefined ? '' : `, loss ${number(loss)}`
  return `${noted.who}: epoch ${epoch + 1} of ${epochs}, step ${step} of ${stepsPerEpoch}${shown}`
}

function reason({ message }: WatchedRun): string {
  return message === undefined ? '' : `: ${message.split('\n')[0]!}`
}

function curve(
  name: string,
  epochs: readonly ReportedEpoch[],
  of: (epoch: ReportedEpoch) => number | undefined,
  words: (value: number) => string,
): string | undefined {
  const values = epochs.map((epoch) => of(epoch) ?? NaN)
  const last = values.at(-1)!
  if (values.every(Number.isNaN)) return undefined
  return `${name.padEnd(11)} ${words(last).padStart(8)} ${sparkly(thinned(values, CURVE))}`
}

/** So many values at most, evenly taken; the last stays. */
function thinned(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values]
  return Array.from(
    { length: count },
    (_, index) => values[Math.round((index * (values.length - 1)) / (count - 1))]!,
  )
}

function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value)
}
