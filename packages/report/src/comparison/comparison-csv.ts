import { csv, type CsvField } from '../tables/csv.js'
import type { Comparison } from './comparison.js'
import { summarizeComparison, type Measure, type SettingSummary } from './summarize-comparison.js'

/**
 * Writes a comparison as comma-separated values (RFC 4180): one row per setting and measure, accuracies as shares and
 * other figures as they are, in full precision. `mean` is of the test examples, `validationMean` of the validation split.
 * A name that a spreadsheet would run as a formula gets an apostrophe in front.
 *
 * @param comparison - as `kd compare` found it
 * @returns lines that end with CR LF, the first with the names of the columns
 */
export function comparisonCsv(comparison: Comparison): string {
  const head = [...comparison.axes.map(({ name }) => name), ...columns]
  const rows = summarizeComparison(comparison).flatMap((summary) =>
    (['last', 'best'] as const)
      .filter((measure) => measure === 'last' || summary.best !== undefined)
      .map((measure) => row(summary, measure, comparison)),
  )
  return csv([head, ...rows])
}

const columns = [
  'measure',
  'seeds',
  'failed',
  'mean',
  'standardDeviation',
  'validationMean',
  'validationStandardDeviation',
  'balancedAccuracyMean',
  'balancedAccuracyStandardDeviation',
  'macroF1Mean',
  'macroF1StandardDeviation',
  'baseline',
  'difference',
  'intervalLow',
  'intervalHigh',
  'tTest',
  'tTestHolm',
  'wilcoxon',
  'wilcoxonHolm',
]

function row(summary: SettingSummary, measure: Measure, { axes }: Comparison): CsvField[] {
  const accuracy = summary[measure]
  const difference = accuracy?.difference
  return [
    ...axes.map(({ name }) => summary.labels[name]),
    measure,
    accuracy?.count ?? 0,
    summary.failed,
    ...[accuracy, accuracy?.validation, accuracy?.balancedAccuracy, accuracy?.macroF1].flatMap((figure) => [
      figure?.mean,
      figure?.standardDeviation,
    ]),
    summary.isBaseline ? 1 : 0,
    difference?.mean,
    difference?.interval.low,
    difference?.interval.high,
    difference?.tTest.pValue,
    difference?.tTest.corrected,
    difference?.wilcoxon.pValue,
    difference?.wilcoxon.corrected,
  ]
}
