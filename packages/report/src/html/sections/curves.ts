import { byFigure } from '../../figure-text.js'
import type { ReportedEpoch, ReportedRun } from '../../run/reported-run.js'
import { figure } from '../parts/figure.js'
import { html } from '../parts/html.js'
import type { Section } from '../parts/page.js'

/** So many epochs of a run are drawn, and so many of all runs; of more every second, every fourth and so on. */
const DRAWN = 1000
const DRAWN_OF_ALL = 20_000
/** Beyond so many epochs, dots would hide the line. */
const DOTS = 100

interface Curve {
  readonly title: string
  readonly caption: string
  readonly runs: readonly ReportedRun[]
  readonly of: (epoch: ReportedEpoch) => number | undefined
}

/** The curves of a training or of a validation split: the loss of all runs, and each figure of those that share it. */
function curvesOf(runs: readonly ReportedRun[], split: 'train' | 'validation'): Curve[] {
  const isTraining = split === 'train'
  const name = isTraining ? 'training' : 'validation'
  const loss = isTraining ? 'training loss, mean over an epoch’s steps' : 'loss on the validation split'
  return [
    { title: `${name} loss`, caption: loss, runs, of: (epoch) => epoch[split]?.loss },
    ...byFigure(runs).map(({ figure: { title, unit }, runs: ofFigure }) => ({
      title: `${name} ${title}${unit === 'share' ? ', %' : ''}`,
      caption: isTraining
        ? `training ${title}, mean over an epoch’s steps`
        : `${title} on the validation split`,
      runs: ofFigure,
      of: (epoch: ReportedEpoch) => {
        const value = epoch[split]?.figure
        // Shares are drawn as percentages.
        return value === undefined || unit !== 'share' ? value : 100 * value
      },
    })),
  ]
}

/** Shows learning curves: the mean over the seeds of a setting, and a band from the smallest to the largest value. */
export async function curvesSection(
  allRuns: readonly ReportedRun[],
  settingOf: (run: ReportedRun) => string,
): Promise<Section | undefined> {
  const every = drawnEvery(allRuns)
  const isDrawn = ({ epoch }: ReportedEpoch): boolean => (epoch - 1) % every === 0
  const runs = every === 1 ? allRuns : allRuns.map((run) => ({ ...run, epochs: run.epochs.filter(isDrawn) }))
  const drawn = [...curvesOf(runs, 'train'), ...curvesOf(runs, 'validation')]
    .map(({ title, caption, runs: ofCurve, of }) => ({
      title,
      caption,
      values: ofCurve.flatMap((run) =>
        run.epochs.flatMap((epoch) => {
          const value = of(epoch)
          return value === undefined ? [] : [{ setting: settingOf(run), epoch: epoch.epoch, value }]
        }),
      ),
    }))
    // A curve has at least two moments.
    .filter(({ values }) => values.some(({ epoch }) => epoch !== values[0]!.epoch))
  if (drawn.length === 0) return undefined
  const figures = await Promise.all([
    ...drawn.map(({ title, caption, values }) => figure(caption, chart(title, values, 'setting'))),
    ...partsOf(runs, settingOf).map(({ setting, values }) =>
      figure(`parts of the training loss of ${setting}`, chart('part of the loss', values, 'part')),
    ),
  ])
  const note = every === 1 ? '' : html`<p>Of every ${every} epochs one is drawn.</p>`
  return {
    id: 'curves',
    title: 'Learning curves',
    content: html`${note}
      <div class="charts">${figures}</div>`,
  }
}

/** How many epochs there are to one that is drawn, the same one of each run, so that means over runs are of the same epochs. */
function drawnEvery(runs: readonly ReportedRun[]): number {
  const lengths = runs.map(({ epochs }) => epochs.at(-1)?.epoch ?? 0)
  const all = lengths.reduce((sum, length) => sum + length, 0)
  const wanted = Math.max(1, all / DRAWN_OF_ALL, ...lengths.map((length) => length / DRAWN))
  return 2 ** Math.ceil(Math.log2(wanted))
}

/** What the loss of each setting is made of, the losses of learning teachers included; one part alone is the loss itself. */
function partsOf(
  runs: readonly ReportedRun[],
  settingOf: (run: ReportedRun) => string,
): {
  readonly setting: string
  readonly values: readonly { readonly part: string; readonly epoch: number; readonly value: number }[]
}[] {
  return [...new Set(runs.map(settingOf))]
    .map((setting) => ({
      setting,
      values: runs
        .filter((run) => settingOf(run) === setting)
        .flatMap(({ epochs }) =>
          epochs.flatMap(({ epoch, train: { parts = {} } }) =>
            Object.entries(parts).map(([part, value]) => ({ part, epoch, value })),
          ),
        ),
    }))
    .filter(({ values }) => new Set(values.map(({ part }) => part)).size > 1)
}

function chart(
  title: string,
  values: readonly { readonly epoch: number }[],
  coloredBy: 'setting' | 'part',
): Readonly<Record<string, unknown>> {
  const x = { field: 'epoch', type: 'quantitative', axis: { tickMinStep: 1, format: 'd' } }
  const y = { field: 'value', type: 'quantitative', title, scale: { zero: false } }
  const color = { field: coloredBy, type: 'nominal', title: null, legend: { orient: 'bottom', columns: 2 } }
  const hasDots = new Set(values.map(({ epoch }) => epoch)).size <= DOTS
  return {
    data: { values },
    encoding: { x, color },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: { y: { ...y, aggregate: 'min' }, y2: { field: 'value', aggregate: 'max' } },
      },
      {
        mark: { type: 'line', ...(hasDots && { point: { size: 16 } }) },
        encoding: { y: { ...y, aggregate: 'mean' } },
      },
    ],
  }
}
