import { accuracy, valueText, type ComparedFigure } from '../figure-text.js'
import type { Comparison } from './comparison.js'
import type { DifferenceSummary, Measure, SettingSummary } from './summarize-comparison.js'

/** A difference counts from here on, as everywhere. */
const LEVEL = 0.05

/**
 * Says in words what the tests of a comparison allow one to say: one sentence for each setting that is held against a baseline.
 * A setting is called better or worse where the paired t-test finds a difference at p < 0.05 after Holm's correction.
 *
 * @param comparison - as `kd compare` found it
 * @param summaries - of it, from `summarizeComparison`
 * @param measure - the student that is spoken of
 * @returns sentences, at least one
 */
export function comparisonSentences(
  comparison: Comparison,
  summaries: readonly SettingSummary[],
  measure: Measure,
): string[] {
  const found = summaries.filter((summary) => summary[measure] !== undefined)
  if (found.length === 0) return ['No run has a result yet.']
  if (comparison.baseline === undefined)
    return ['No baseline is named, so no difference is tested: name one as baseline to have this.']
  const others = found.filter(({ isBaseline }) => !isBaseline)
  if (others.length === 0) return ['Nothing is there yet to hold against the baseline.']
  return others.map((summary) =>
    sentence(
      settingName(summary.labels),
      settingName({ ...summary.labels, ...comparison.baseline }),
      summary[measure]!.difference,
      comparison.figure ?? accuracy,
    ),
  )
}

/** What a setting is called: its labels on all axes. */
export function settingName(labels: Readonly<Record<string, string>>): string {
  return Object.values(labels).join(', ')
}

/** What the tests are, in a note below the sentences. */
export function testsNote(summaries: readonly SettingSummary[], measure: Measure): string | undefined {
  const tests = summaries.filter((summary) => (summary[measure]?.difference?.pairs ?? 0) > 1).length
  if (tests === 0) return undefined
  const corrected = tests === 1 ? '' : `, corrected by Holm’s method for ${tests} comparisons`
  return `Better and worse: p < ${LEVEL} in the paired t-test${corrected}. Intervals are of Student’s t.`
}

function sentence(
  name: string,
  baseline: string,
  difference: DifferenceSummary | undefined,
  figure: ComparedFigure,
): string {
  if (difference === undefined)
    return `${name} and ${baseline} have no seed in common that is done: nothing can be said.`
  const { mean, pairs, tInterval, tTest } = difference
  const show = valueText(figure)
  const unit = { share: ' points', nats: ' nats', number: '' }[figure.unit]
  const signed = (value: number): string =>
    `${value > 0 && Number(show(value)) !== 0 ? '+' : ''}${show(value)}`
  if (pairs === 1)
    return `With 1 seed nothing can be said of ${name} and ${baseline} (difference here ${signed(mean)}${unit}).`
  if (tInterval === null) {
    const same = mean === 0 ? 'are equal' : `differ by ${signed(mean)}${unit}`
    return `${name} and ${baseline} ${same} in each of ${pairs} seeds, which allows no test.`
  }
  const { low, high } = tInterval
  const corrected = tTest.corrected ?? 1
  if (corrected >= LEVEL) {
    const excludesZero = low > 0 || high < 0
    const p = excludesZero ? `, p = ${corrected.toPrecision(2)} after the correction` : ''
    return `These ${pairs} seeds do not tell ${name} and ${baseline} apart: difference ${signed(mean)}${unit} (95 % interval ${signed(low)} to ${signed(high)}${p}).`
  }
  const isBetter = mean > 0 === (figure.better === 'higher')
  const [from, to] = mean > 0 ? [low, high] : [-high, -low]
  return `${name} is ${isBetter ? 'better' : 'worse'} than ${baseline} by ${show(Math.abs(mean))}${unit} (95 % interval ${show(from)} to ${show(to)}, n = ${pairs} seeds).`
}
