import { accuracy, type ComparedFigure } from '../../figure-text.js'
import type { ReportedEpoch, ReportedRun } from '../../run/reported-run.js'
import { figure } from '../parts/figure.js'
import { html } from '../parts/html.js'
import type { Section } from '../parts/page.js'

interface Curve {
  readonly title: string
  readonly caption: string
  readonly of: (epoch: ReportedEpoch) => number | undefined
}

/** The curves of runs that share a figure; shares are drawn as percentages. */
function curvesOf(figure: ComparedFigure): readonly Curve[] {
  const { title } = figure
  const unit = figure.unit === 'share' ? ', %' : ''
  const drawn = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : figure.unit === 'share' ? 100 * value : value
  return [
    {
      title: 'training loss',
      caption: 'training loss, mean over an epoch’s steps',
      of: ({ train }) => train.loss,
    },
    {
      title: `training ${title}${unit}`,
      caption: `training ${title}, mean over an epoch’s steps`,
      of: ({ train }) => drawn(train.figure),
    },
    {
      title: 'validation loss',
      caption: 'loss on the validation split',
      of: ({ validation }) => validation?.loss,
    },
    {
      title: `validation ${title}${unit}`,
      caption: `${title} on the validation split`,
      of: ({ validation }) => drawn(validation?.figure),
    },
  ]
}

/** Shows learning curves: the mean over the seeds of a setting, and a band from the smallest to the largest value. */
export async function curvesSection(
  runs: readonly ReportedRun[],
  settingOf: (run: ReportedRun) => string,
): Promise<Section | undefined> {
  const drawn = curvesOf(runs[0]?.figure ?? accuracy)
    .map(({ title, caption, of }) => ({
      title,
      caption,
      values: runs.flatMap((run) =>
        run.epochs.flatMap((epoch) => {
          const value = of(epoch)
          return value === undefined ? [] : [{ setting: settingOf(run), epoch: epoch.epoch, value }]
        }),
      ),
    }))
    .filter(({ values }) => values.length > 0)
  if (drawn.length === 0) return undefined
  const figures = await Promise.all(
    drawn.map(({ title, caption, values }) => figure(caption, chart(title, values))),
  )
  return { id: 'curves', title: 'Learning curves', content: html`<div class="charts">${figures}</div>` }
}

function chart(title: string, values: readonly object[]): Readonly<Record<string, unknown>> {
  const x = { field: 'epoch', type: 'quantitative', axis: { tickMinStep: 1, format: 'd' } }
  const y = { field: 'value', type: 'quantitative', title, scale: { zero: false } }
  const color = { field: 'setting', type: 'nominal', title: null, legend: { orient: 'bottom', columns: 2 } }
  return {
    data: { values },
    encoding: { x, color },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: { y: { ...y, aggregate: 'min' }, y2: { field: 'value', aggregate: 'max' } },
      },
      { mark: { type: 'line', point: { size: 16 } }, encoding: { y: { ...y, aggregate: 'mean' } } },
    ],
  }
}
