import { accuracy, byFigure, type ComparedFigure } from '../../figure-text.js'
import { trainedSums, type ReportedRun } from '../../run/reported-run.js'
import { figure } from '../parts/figure.js'
import { html, type Html } from '../parts/html.js'
import type { Section } from '../parts/page.js'

/** Shows the figure of the task against cost: the numbers to store, and the time per training step. */
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
        parameters: run.diagnostics?.parameters,
      },
    ]
  })
  if (values.length === 0) return []
  const hasParameters = values.every(({ parameters }) => parameters !== undefined)
  const axes = [
    ...(hasParameters ? ([['parameters', 'trainable numbers of the student']] as const) : []),
    ['milliseconds', 'milliseconds per training step'] as const,
  ]
  return axes.map(([field, title]) =>
    figure(`test ${kind.title} after the last epoch against ${title}; one point per run`, {
      data: { values },
      mark: { type: 'point', filled: true, size: 60, opacity: 0.75 },
      encoding: {
        x: { field, type: 'quantitative', title, scale: { zero: false }, axis: { format: '~s' } },
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
