import { accuracy, byFigure, type ComparedFigure } from '../../figure-text.js'
import { trainedSums, type ReportedRun } from '../../run/reported-run.js'
import { figure } from '../parts/figure.js'
import { html, type Html } from '../parts/html.js'
import type { Section } from '../parts/page.js'

/** Shows the figure of the task against cost: the bytes to store, those of teachers too, and the time per training step. */
export async function costSection(
  runs: readonly ReportedRun[],
  settingOf: (run: ReportedRun) => string,
): Promise<Section | undefined> {
  const groups = byFigure(runs)
  const figures = groups.flatMap(({ figure: kind, runs: ofFigure }) => costFigures(kind, ofFigure, settingOf))
  if (figures.length === 0) return undefined
  const content = html`<div class="charts">${await Promise.all(figures)}</div>`
  const areAccuracies = groups.every(({ figure: { name } }) => name === accuracy.name)
  return { id: 'cost', title: areAccuracies ? 'Accuracy and cost' : 'Quality and cost', content }
}

/** Draws one figure of the runs that share it. */
function costFigures(
  kind: ComparedFigure,
  runs: readonly ReportedRun[],
  settingOf: (run: ReportedRun) => string,
): Promise<Html>[] {
  const isShare = kind.unit === 'share'
  const values = runs.flatMap((run) => {
    const test = run.result?.last?.test
    const { steps, seconds } = trainedSums(run)
    if (test === undefined || steps === 0) return []
    return [
      {
        setting: settingOf(run),
        figure: isShare ? 100 * test : test,
        milliseconds: (1000 * seconds) / steps,
        bytes: run.result?.student?.bytes,
      },
    ]
  })
  if (values.length === 0) return []
  const hasBytes = values.every(({ bytes }) => bytes !== undefined)
  const charts = [
    ...(hasBytes ? [{ values: [...values, ...teachersOf(runs, isShare)], ...bytesAxis }] : []),
    { values, ...millisecondsAxis },
  ]
  return charts.map(({ values: points, field, title, note, scale }) =>
    figure(`test ${kind.title} after the last epoch against ${title}; ${note}`, {
      data: { values: points },
      mark: { type: 'point', filled: true, size: 60, opacity: 0.75 },
      encoding: {
        x: { field, type: 'quantitative', title, scale, axis: { format: '~s', tickCount: 5 } },
        y: {
          field: 'figure',
          type: 'quantitative',
          title: `test ${kind.title}${isShare ? ', %' : ''}`,
          scale: { zero: false },
          axis: { format: '.4~r' },
        },
        color: { field: 'setting', type: 'nominal', title: null, legend: { orient: 'bottom', columns: 2 } },
        shape: { field: 'setting', type: 'nominal', title: null },
      },
    }),
  )
}

const bytesAxis = {
  field: 'bytes',
  title: 'bytes of the weights',
  note: 'one point per student and teacher',
  // A teacher may be a thousand times as large.
  scale: { type: 'log', nice: false, padding: 12 },
}
const millisecondsAxis = {
  field: 'milliseconds',
  title: 'milliseconds per training step',
  note: 'one point per run',
  scale: { zero: false },
}

/** Teachers of known size, each once: runs of a comparison share them. */
function teachersOf(
  runs: readonly ReportedRun[],
  isShare: boolean,
): { setting: string; figure: number; bytes: number }[] {
  const teachers = runs.flatMap(({ result }) =>
    (result?.teachers ?? []).flatMap(({ test, bytes }) =>
      test === undefined || bytes === undefined
        ? []
        : [{ setting: 'teacher', figure: isShare ? 100 * test : test, bytes }],
    ),
  )
  return [...new Map(teachers.map((teacher) => [JSON.stringify(teacher), teacher])).values()]
}
