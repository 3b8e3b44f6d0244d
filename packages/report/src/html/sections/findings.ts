import { comparisonSentences, settingName, testsNote } from '../../comparison/comparison-sentences.js'
import type { Comparison } from '../../comparison/comparison.js'
import {
  summarizeComparison,
  type Measure,
  type SettingSummary,
} from '../../comparison/summarize-comparison.js'
import { accuracy, valueText, type ComparedFigure } from '../../figure-text.js'
import type { ChartSpecification } from '../../charts/chart-svg.js'
import { figure } from '../parts/figure.js'
import { html, type Html } from '../parts/html.js'
import type { Section } from '../parts/page.js'

/** So wide that letters keep their size on a phone. */
const WIDTH = 340
/** Room for one setting: three lines of text. */
const ROW = 48

/** Leads a report of a comparison: what the tests allow one to say, each setting's seeds, and the differences to the baseline. */
export async function findingsSection(comparison: Comparison): Promise<Section> {
  const summaries = summarizeComparison(comparison)
  const measure = measureOf(summaries)
  const kind = comparison.figure ?? accuracy
  const sentences = comparisonSentences(comparison, summaries, measure)
  const note = testsNote(summaries, measure)
  const charts = [
    dots(comparison, summaries, measure, kind),
    differences(comparison, summaries, measure, kind),
  ].filter((chart) => chart !== undefined)
  const content = html`<ul class="findings">
      ${sentences.map((text) => html`<li>${text}</li>`)}
    </ul>
    <div class="charts">${await Promise.all(charts)}</div>
    ${note === undefined ? '' : html`<p>${note}</p>`}`
  return { id: 'findings', title: 'What was found', content }
}

/** The student of the epoch best on validation, which is what runs keep; that of the last epoch where not every setting has one. */
function measureOf(summaries: readonly SettingSummary[]): Measure {
  return summaries.every(({ last, best }) => last === undefined || best !== undefined) ? 'best' : 'last'
}

const epochOf: Record<Measure, string> = {
  best: 'of the epoch best on validation',
  last: 'after the last epoch',
}

function dots(
  { runs }: Comparison,
  summaries: readonly SettingSummary[],
  measure: Measure,
  kind: ComparedFigure,
): Promise<Html> | undefined {
  const show = valueText(kind)
  const settings = summaries.flatMap(({ labels, isBaseline, [measure]: found }) => {
    if (found === undefined) return []
    const deviation = found.standardDeviation === null ? '' : ` ± ${show(found.standardDeviation)}`
    const row = `${rowName(labels)}\n${show(found.mean)}${deviation}${isBaseline ? '\nbaseline' : ''}`
    return [{ row, name: settingName(labels), ...interval(found.mean, found.tInterval, kind) }]
  })
  if (settings.length === 0) return undefined
  const seeds = runs.flatMap((run) => {
    const value = run.state === 'done' ? run[measure]?.test : undefined
    const setting = settings.find(({ name }) => name === settingName(run.labels))
    return value === undefined || setting === undefined
      ? []
      : [{ row: setting.row, value: drawn(value, kind) }]
  })
  const seedDots = {
    data: { values: seeds },
    mark: { type: 'point', filled: true, size: 45, opacity: 0.6, yOffset: -9 },
    encoding: { x: { field: 'value', type: 'quantitative' } },
  }
  const way = kind.name === accuracy.name ? '' : ` (${kind.better} is better)`
  const unit = { share: ', %', nats: ', nats', number: '' }[kind.unit]
  return figure(
    `Test ${kind.title} ${epochOf[measure]}${way}: a dot is a seed, the diamond their mean, the line its 95 % interval`,
    rowsChart(settings, `test ${kind.title}${unit}`, [seedDots]),
  )
}

function differences(
  { baseline }: Comparison,
  summaries: readonly SettingSummary[],
  measure: Measure,
  kind: ComparedFigure,
): Promise<Html> | undefined {
  const show = valueText(kind)
  const rows = summaries.flatMap(({ labels, [measure]: found }) => {
    const difference = found?.difference
    // One seed says nothing of how far others would scatter.
    if (difference === undefined || difference.pairs < 2) return []
    const sign = difference.mean > 0 ? '+' : ''
    const row = `${rowName(labels)}\n${sign}${show(difference.mean)}`
    return [{ row, ...interval(difference.mean, difference.tInterval, kind) }]
  })
  if (baseline === undefined || rows.length === 0) return undefined
  const zero = {
    data: { values: [{}] },
    mark: { type: 'rule', color: 'currentColor', strokeDash: [4, 3] },
    encoding: { x: { datum: 0, type: 'quantitative' }, y: null },
  }
  const unit = { share: ', points', nats: ', nats', number: '' }[kind.unit]
  const side = kind.better === 'higher' ? 'right' : 'left'
  return figure(
    `Difference to the baseline, paired by seed, with its 95 % interval; ${side} of 0 is better`,
    rowsChart(rows, `difference${unit}`, [zero]),
  )
}

/** Draws one row for each setting: whatever else, then a line for the interval and a diamond for the mean. */
function rowsChart(
  values: readonly { readonly row: string }[],
  title: string,
  below: readonly ChartSpecification[],
): ChartSpecification {
  const rows = values.map(({ row }) => row)
  const y = {
    field: 'row',
    type: 'nominal',
    title: null,
    sort: rows,
    scale: { domain: rows },
    axis: {
      labelExpr: "split(datum.label, '\\n')",
      labelLimit: 130,
      labelBaseline: 'middle',
      labelPadding: 6,
      ticks: false,
    },
  }
  const x = { type: 'quantitative', title, scale: { zero: false }, axis: { tickCount: 5 } }
  const shown = { data: { values } }
  return {
    width: WIDTH,
    height: ROW * rows.length + 50,
    autosize: { type: 'fit', contains: 'padding' },
    encoding: { y },
    layer: [
      {
        ...shown,
        mark: { type: 'rule', strokeWidth: 2, color: 'currentColor' },
        encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' } },
      },
      ...below,
      {
        ...shown,
        mark: { type: 'point', shape: 'diamond', filled: true, size: 110, opacity: 1, color: 'currentColor' },
        encoding: { x: { ...x, field: 'mean' } },
      },
    ],
  }
}

function interval(
  mean: number,
  found: { readonly low: number; readonly high: number } | null,
  kind: ComparedFigure,
): { mean: number; low: number; high: number } {
  const { low, high } = found ?? { low: mean, high: mean }
  return { mean: drawn(mean, kind), low: drawn(low, kind), high: drawn(high, kind) }
}

/** Shares are drawn as percentages. */
function drawn(value: number, { unit }: ComparedFigure): number {
  return unit === 'share' ? 100 * value : value
}

/** A name that stands on one line. */
function rowName(labels: Readonly<Record<string, string>>): string {
  return settingName(labels).replaceAll(/\s+/g, ' ')
}
