import type { ComparisonTable, ComparisonTables } from '../tables/table-content.js'
import { tablesMarkdown } from '../tables/tables-markdown.js'
import { tablesText } from '../tables/tables-text.js'
import type { BiasVarianceReport } from './bias-variance-report.js'
import {
  summarizeBiasVariance,
  type BiasVarianceSummary,
  type LossForm,
  type SeedSummary,
} from './summarize-bias-variance.js'

/**
 * Writes bias and variance as tables for the terminal.
 *
 * @param report - as `kd analyse bias-variance` found it
 * @param columns - how wide the terminal is: of a wider table the last columns are left out, and named; default: as wide as needed
 * @returns lines without a line end; control characters in names are taken out
 */
export function biasVarianceText(report: BiasVarianceReport, columns: number = Infinity): string {
  return tablesText(biasVarianceTables(report), columns)
}

/**
 * Writes bias and variance as Markdown with pipe tables.
 *
 * @param report - as `kd analyse bias-variance` found it
 * @returns text that ends with a line end; what Markdown or HTML would take for markup is escaped
 */
export function biasVarianceMarkdown(report: BiasVarianceReport): string {
  return tablesMarkdown(`${report.name}: bias and variance`, biasVarianceTables(report))
}

const titles: Record<LossForm, string> = {
  kullbackLeibler: 'Cross-entropy on the test examples, nats: loss = bias + variance',
  squaredError: 'Squared error of probabilities on the test examples: loss = bias + variance',
}

function biasVarianceTables(report: BiasVarianceReport): ComparisonTables {
  const summaries = summarizeBiasVariance(report)
  return {
    tables: [
      formTable('kullbackLeibler', report, summaries),
      formTable('squaredError', report, summaries),
      ...regularizationTable(report, summaries),
    ],
    notes: notes(report, summaries),
  }
}

function formTable(
  form: LossForm,
  { axes, baseline }: BiasVarianceReport,
  summaries: readonly BiasVarianceSummary[],
): ComparisonTable {
  const tests = baseline === undefined ? [] : ['bias − baseline', 't, Holm', 'variance − baseline', 't, Holm']
  return {
    title: titles[form],
    head: [...axes.map(({ name }) => name), 'seeds', 'loss', 'bias', 'variance', 'top-1, %', ...tests],
    rows: summaries.map(({ labels, seeds, top1, forms, isBaseline }) => {
      const parts = forms?.[form]
      return [
        ...axes.map(({ name }) => labels[name] ?? ''),
        String(seeds),
        ...(['loss', 'bias', 'variance'] as const).map((part) => plusMinus(parts?.[part])),
        plusMinus(top1, 100, 2),
        ...(baseline === undefined
          ? []
          : isBaseline
            ? ['baseline', '', '', '']
            : [...differenceCells(parts?.bias), ...differenceCells(parts?.variance)]),
      ]
    }),
  }
}

function regularizationTable(
  { axes }: BiasVarianceReport,
  summaries: readonly BiasVarianceSummary[],
): ComparisonTable[] {
  const rows = summaries.flatMap(({ labels, regularization }) =>
    regularization.map(({ teacher, temperature, examples, atLabel, overall }) => [
      ...axes.map(({ name }) => labels[name] ?? ''),
      String(teacher),
      String(temperature),
      String(examples),
      plusMinus(atLabel, 100, 1),
      plusMinus(overall, 100, 1),
    ]),
  )
  if (rows.length === 0) return []
  const head = [
    ...axes.map(({ name }) => name),
    'teacher',
    'temperature',
    'examples',
    'at the label',
    'overall',
  ]
  return [{ title: "Regularization samples, % of the students' own training examples", head, rows }]
}

function notes(
  { baseline, splits, settings }: BiasVarianceReport,
  summaries: readonly BiasVarianceSummary[],
): string[] {
  const lines = [
    `${splits} students per setting and seed, each of its own part of the training set and its own initial weights, under the same teachers; mean ± sample standard deviation over seeds, each of which divides the training set anew`,
    'the noise of the labels is part of the bias; with so few students the variance of the cross-entropy is estimated too low, that of the squared error is not',
  ]
  if (baseline !== undefined && summaries.some(({ forms }) => forms?.kullbackLeibler.bias.difference)) {
    lines.push('p-values are two-sided, of the t-test paired by seed, corrected for all tests of a table')
  }
  if (summaries.some(({ regularization }) => regularization.length > 0)) {
    lines.push(
      'a regularization sample: the gradient of (soft loss − hard loss) is larger than that of the hard loss, at the logit of the label, or in length over all; for the student as it was saved, of at most the first 2000 examples of its part',
    )
  }
  let unfinished = 0
  for (const { labels, repeats } of settings) {
    for (const { seed, students } of repeats) {
      for (const { state, part, message = 'no reason given' } of students) {
        const name = `${Object.values(labels).join(', ')}, seed ${seed}, part ${part}`
        if (state === 'failed') lines.push(`FAILED ${name}: ${message}`)
        else if (state !== 'done') unfinished++
      }
    }
  }
  if (unfinished > 0) lines.push(`${unfinished} students are not finished`)
  return lines
}

function plusMinus(summary: SeedSummary | undefined, factor = 1, digits = 4): string {
  if (summary === undefined) return '–'
  const { mean, standardDeviation } = summary
  const deviation = standardDeviation === null ? '' : ` ± ${(factor * standardDeviation).toFixed(digits)}`
  return `${(factor * mean).toFixed(digits)}${deviation}`
}

function differenceCells(summary: SeedSummary | undefined): [string, string] {
  if (summary?.difference === undefined) return ['–', '']
  const { mean, corrected } = summary.difference
  const p = corrected === null ? '–' : corrected < 0.0001 ? '< 0.0001' : corrected.toFixed(4)
  return [`${mean > 0 ? '+' : ''}${mean.toFixed(4)}`, p]
}
