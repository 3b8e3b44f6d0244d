import { thinned } from '../../run/thinned-series.js'
import type { ReportedRun, ShareOverTraining, SpreadOverTraining } from '../../run/reported-run.js'
import { figure } from '../parts/figure.js'
import { html, type Html } from '../parts/html.js'

/** How many moments are drawn where there are more: shares as dots, spreads as columns of bars. */
const DRAWN_SHARES = 500
const DRAWN_SPREADS = 100

/** The most moments at which dots do not hide the line. */
const DOTS = 100

/** A line is drawn through at least this many moments; through one it would be a dot. */
const MOMENTS = 2

/** Shows how the method's numbers of single examples changed over the training. */
export async function overTraining({ spreads = [], shares = [] }: ReportedRun): Promise<Html> {
  const drawnSpreads = spreads.filter(({ moments }) => moments.length >= MOMENTS)
  const drawnShares = shares.filter(({ moments }) => moments.length >= MOMENTS)
  if (drawnSpreads.length + drawnShares.length === 0) return html``
  const figures = await Promise.all([
    ...(drawnShares.length > 0
      ? [figure('shares of training examples after each epoch', shareChart(drawnShares))]
      : []),
    ...drawnSpreads.map((spread) =>
      figure(
        `how ${spread.name} was spread over training examples: the stronger the colour, the more; the line is the mean`,
        spreadChart(spread),
      ),
    ),
  ])
  return html`<h3>Over the training</h3>
    <div class="charts">${figures}</div>`
}

const epochAxis = { title: 'epoch', axis: { tickMinStep: 1, format: 'd' } }

function shareChart(shares: readonly ShareOverTraining[]): Readonly<Record<string, unknown>> {
  const values = shares.flatMap(({ name, moments }) =>
    thinned(moments, DRAWN_SHARES).map(({ epoch, share }) => ({ name, epoch, share: 100 * share })),
  )
  return {
    data: { values },
    mark: { type: 'line', ...(values.length <= DOTS && { point: { size: 16 } }) },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', ...epochAxis },
      y: { field: 'share', type: 'quantitative', title: 'of them, %', scale: { domain: [0, 100] } },
      color: { field: 'name', type: 'nominal', title: null, legend: { orient: 'bottom', columns: 1 } },
    },
  }
}

function spreadChart({ name, moments: all }: SpreadOverTraining): Readonly<Record<string, unknown>> {
  const moments = thinned(all, DRAWN_SPREADS)
  const columns = moments.map(({ epoch, ...moment }, index) => {
    const [before, after] = [moments[index - 1], moments[index + 1]]
    const width = after ? after.epoch - epoch : before ? epoch - before.epoch : 1
    return { ...moment, from: epoch - 0.5, to: epoch - 0.5 + width }
  })
  const bars = columns.flatMap(({ from, to, min, max, counts }) => {
    const all = counts.reduce((sum, count) => sum + count, 0) || 1
    const height = (max - min) / counts.length
    return counts.map((count, bar) => ({
      ...{ from, to, share: count / all },
      ...{ low: min + bar * height, high: min + (bar + 1) * height },
    }))
  })
  const greatest = bars.reduce((maximum, { share }) => Math.max(maximum, share), 0)
  const x = { field: 'from', type: 'quantitative', ...epochAxis, scale: { zero: false, nice: false } }
  const y = { type: 'quantitative', title: name, scale: { zero: false } }
  return {
    layer: [
      {
        data: { values: bars },
        mark: { type: 'rect', color: '#4c78a8', stroke: null },
        encoding: {
          ...{ x, x2: { field: 'to' }, y: { ...y, field: 'low' }, y2: { field: 'high' } },
          // Opacity shows the share, since it works on light and on dark pages.
          opacity: {
            field: 'share',
            type: 'quantitative',
            scale: { type: 'sqrt', domain: [0, greatest], range: [0, 1] },
            legend: null,
          },
        },
      },
      {
        data: { values: columns.map(({ from, to, mean }) => ({ middle: (from + to) / 2, mean })) },
        mark: { type: 'line', point: { size: 16 }, color: '#e45756' },
        encoding: { x: { ...x, field: 'middle' }, y: { ...y, field: 'mean' } },
      },
    ],
  }
}
