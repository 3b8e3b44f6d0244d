import { valueText, type ComparedFigure } from '../figure-text.js'
import type { ComparisonTable, ComparisonTables } from '../tables/table-content.js'
import type { Comparison } from './comparison.js'
import {
  summarizeComparison,
  type AccuracySummary,
  type FigureSummary,
  type Measure,
  type SettingSummary,
} from './summarize-comparison.js'

const epochs: Record<Measure, string> = {
  last: 'after the last epoch',
  best: 'of the epoch best on validation',
}

/**
 * Turns a comparison into texts and numbers, for the renderers.
 *
 * @param comparison - as `kd compare` found it
 * @returns one table per measure, and notes
 */
export function comparisonTables(comparison: Comparison): ComparisonTables {
  const summaries = summarizeComparison(comparison)
  const measures = (['last', 'best'] as const).filter((measure) =>
    summaries.some((summary) => summary[measure] !== undefined),
  )
  return {
    tables: measures.map((measure) => makeTable(measure, comparison, summaries)),
    notes: notes(comparison, summaries, measures.length),
  }
}

function makeTable(
  measure: Measure,
  { axes, baseline, figure }: Comparison,
  summaries: readonly SettingSummary[],
): ComparisonTable {
  const show = valueText(figure)
  const found = summaries.flatMap((summary) => summary[measure] ?? [])
  const hasValidation = found.some(({ validation }) => validation !== undefined)
  const areUnequal = found.some(hidesClasses)
  const tests =
    baseline === undefined ? [] : ['difference', '95 % interval', 't', 't, Holm', 'Wilcoxon', 'W., Holm']
  return {
    title: titleOf(measure, figure),
    head: [
      ...axes.map(({ name }) => name),
      'seeds',
      ...(hasValidation ? ['validation'] : []),
      'test',
      ...(areUnequal ? ['balanced', 'macro F1'] : []),
      ...tests,
    ],
    rows: summaries.map((summary) => [
      ...axes.map(({ name }) => summary.labels[name] ?? ''),
      String(summary[measure]?.count ?? 0),
      ...(hasValidation ? [meanText(summary[measure]?.validation, show)] : []),
      meanText(summary[measure], show),
      ...(areUnequal
        ? [meanText(summary[measure]?.balancedAccuracy, show), meanText(summary[measure]?.macroF1, show)]
        : []),
      ...(baseline === undefined ? [] : differenceCells(summary, measure, show)),
    ]),
  }
}

function titleOf(measure: Measure, figure: ComparedFigure | undefined): string {
  if (figure === undefined) return `Accuracy ${epochs[measure]}, %`
  const unit = { share: ', %', nats: ', nats', number: '' }[figure.unit]
  const direction = figure.better === 'lower' ? ' (lower is better)' : ''
  return `${figure.title} ${epochs[measure]}${unit}${direction}`
}

/** Where classes are equally large, the accuracy and the balanced one are equal: beside each other they say nothing more. */
const HIDDEN = 0.01

/**
 * Whether the accuracy differs from the balanced one by a percentage point or more, so that one of them hides what becomes of small
 * classes. A comparison by another figure than the accuracy shows the two always.
 */
function hidesClasses({ mean, balancedAccuracy }: AccuracySummary): boolean {
  return balancedAccuracy !== undefined && Math.abs(mean - balancedAccuracy.mean) >= HIDDEN
}

type ShowValue = ReturnType<typeof valueText>

function meanText(figure: FigureSummary | undefined, show: ShowValue): string {
  if (figure === undefined) return '–'
  const { mean, standardDeviation } = figure
  const deviation = standardDeviation === null ? '' : ` ± ${show(standardDeviation)}`
  return `${show(mean)}${deviation}`
}

function differenceCells(summary: SettingSummary, measure: Measure, show: ShowValue): string[] {
  if (summary.isBaseline) return ['baseline', '', '', '', '', '']
  const difference = summary[measure]?.difference
  if (difference === undefined) return ['–', '', '', '', '', '']
  const { mean, interval, tTest, wilcoxon } = difference
  return [
    signed(mean, show),
    `${signed(interval.low, show)} to ${signed(interval.high, show)}`,
    ...[tTest, wilcoxon].flatMap(({ pValue, corrected }) => [probability(pValue), probability(corrected)]),
  ]
}

function notes(
  { baseline, runs, figure }: Comparison,
  summaries: readonly SettingSummary[],
  measures: number,
): string[] {
  const lines: string[] = []
  if (measures > 0)
    lines.push('mean ± sample standard deviation over seeds; no epoch was chosen on the test examples')
  if (summaries.some(({ last }) => last?.validation !== undefined))
    lines.push(
      'choose methods and options by the validation figures, and look at the test figures once, at the end',
    )
  if (summaries.some(({ last, best }) => [last, best].some((one) => one !== undefined && hidesClasses(one))))
    lines.push(
      'classes are of different sizes: balanced is the mean over classes of the share predicted right, macro F1 that of F1, both on the test examples',
    )
  const pairs = summaries.flatMap(({ last }) => last?.difference?.pairs ?? [])
  if (baseline !== undefined && pairs.length > 0) {
    const unit = figure === undefined || figure.unit === 'share' ? ' in percentage points,' : ''
    const direction = figure?.better === 'lower' ? ' below 0 is better than the baseline;' : ''
    lines.push(
      `difference to the baseline, paired by seed,${unit} with its bootstrap interval;${direction} p-values are two-sided, of the paired t-test and of the exact Wilcoxon signed-rank test, which needs 6 seeds to go below 0.05; Holm: corrected for all rows of a table`,
    )
  }
  const failed = runs.filter(({ state }) => state === 'failed')
  for (const { labels, seed, message } of failed) {
    lines.push(`FAILED ${Object.values(labels).join(', ')}, seed ${seed}: ${message ?? 'no reason given'}`)
  }
  const unfinished = runs.filter(({ state }) => state !== 'done' && state !== 'failed').length
  if (unfinished > 0) lines.push(`${unfinished} of ${runs.length} runs are not finished`)
  return lines
}

function signed(value: number, show: ShowValue): string {
  const text = show(value)
  return value > 0 && Number(text) !== 0 ? `+${text}` : text.replace(/^-(?=0\.00$)/, '')
}

function probability(value: number | null): string {
  if (value === null) return '–'
  return value < 0.0001 ? '< 0.0001' : value.toFixed(4)
}
