import { bootstrapInterval, type BootstrapOptions, type Interval } from '../statistics/bootstrap-interval.js'
import { holmCorrection } from '../statistics/holm-correction.js'
import { meanAndDeviation } from '../statistics/mean-and-deviation.js'
import { meanInterval } from '../statistics/mean-interval.js'
import { pairedDifferences } from '../statistics/paired-differences.js'
import { pairedTTest } from '../statistics/paired-t-test.js'
import { wilcoxonSignedRank } from '../statistics/wilcoxon-signed-rank.js'
import type { ComparedRun, Comparison, EpochAccuracy } from './comparison.js'

/** The epoch whose student is measured. */
export type Measure = 'last' | 'best'

/** A figure of one setting over its seeds. */
export interface FigureSummary {
  /** The mean over seeds. */
  readonly mean: number
  /** The sample standard deviation over seeds; null for one seed. */
  readonly standardDeviation: number | null
  /** The number of seeds that it is computed from. */
  readonly count: number
}

/**
 * The test accuracy of one setting over its seeds, or another figure of {@link Comparison.figure}: `mean` is the mean over seeds of
 * the share of test examples that are predicted right, or of the other figure.
 */
export interface AccuracySummary extends FigureSummary {
  /** The interval of the mean by Student's t-distribution; null where the seeds do not scatter. */
  readonly tInterval: Interval | null
  /** The same figure on the validation split, by which settings are chosen; absent without that split. */
  readonly validation?: FigureSummary
  /** The balanced accuracy on the test examples, for classification. */
  readonly balancedAccuracy?: FigureSummary
  /** The macro F1 on the test examples, for classification. */
  readonly macroF1?: FigureSummary
  /** The difference to the baseline; absent for the baseline itself, and where no seed was run with both. */
  readonly difference?: DifferenceSummary
}

/** The difference setting − baseline, over the seeds that were run with both. */
export interface DifferenceSummary {
  readonly mean: number
  /** The bootstrap interval of the mean. */
  readonly interval: Interval
  /** The interval of the mean that belongs to the t-test; null where the differences allow no test. */
  readonly tInterval: Interval | null
  readonly pairs: number
  readonly tTest: TestSummary
  readonly wilcoxon: TestSummary
}

/** The p-values of a two-sided test; null where the differences allow no test. */
export interface TestSummary {
  readonly pValue: number | null
  /** The p-value after Holm's correction over all settings of the comparison, for this test and this measure. */
  readonly corrected: number | null
}

/** The results of one combination of labels over all its seeds. */
export interface SettingSummary {
  readonly labels: Readonly<Record<string, string>>
  readonly isBaseline: boolean
  /** The number of runs that failed. */
  readonly failed: number
  /** The number of runs that are neither done nor failed. */
  readonly unfinished: number
  readonly last?: AccuracySummary
  readonly best?: AccuracySummary
}

/**
 * Summarizes the runs of a comparison: means over seeds, and differences to the baseline with their tests.
 *
 * Differences are paired by seed: two runs of one seed share data, teacher and initial weights. Which seeds are done may
 * differ between settings; a difference takes those that both have.
 *
 * @param comparison - as `kd compare` found it
 * @param bootstrap - the options of the intervals
 * @returns one summary per combination of labels, in the order of their first runs
 *
 * @example
 * ```ts
 * import { summarizeComparison, type ComparedRun } from '@kd/report'
 *
 * const run = (method: string, seed: number, test: number): ComparedRun => ({
 *   ...{ labels: { method }, seed, id: `${method}-${seed}`, folder: `runs/${method}-${seed}`, state: 'done' },
 *   last: { epoch: 20, test },
 * })
 * const [, revised] = summarizeComparison({
 *   version: 1,
 *   name: 'digits',
 *   axes: [{ name: 'method', labels: ['KD', 'LR'] }],
 *   seeds: [0, 1],
 *   baseline: { method: 'KD' },
 *   runs: [run('KD', 0, 0.9), run('KD', 1, 0.92), run('LR', 0, 0.93), run('LR', 1, 0.94)],
 * })
 * console.log(revised?.last?.difference?.mean.toFixed(3)) // 0.025
 * ```
 */
export function summarizeComparison(
  comparison: Comparison,
  bootstrap: BootstrapOptions = {},
): SettingSummary[] {
  const settings = groupBySetting(comparison)
  const summaries = settings.map((setting) => {
    const baseline = settings.find((other) => isBaselineOf(other, setting, comparison))
    const count = (...states: string[]): number =>
      setting.runs.filter(({ state }) => states.includes(state)).length
    return {
      labels: setting.labels,
      isBaseline: baseline === setting,
      failed: count('failed'),
      unfinished: count('stopped', 'submitted'),
      ...measured('last', setting, baseline, bootstrap),
      ...measured('best', setting, baseline, bootstrap),
    }
  })
  return corrected(corrected(summaries, 'last'), 'best')
}

interface Setting {
  readonly labels: Readonly<Record<string, string>>
  readonly runs: readonly ComparedRun[]
}

function groupBySetting({ axes, runs }: Comparison): Setting[] {
  const groups = new Map<string, ComparedRun[]>()
  for (const run of runs) {
    const key = JSON.stringify(axes.map(({ name }) => run.labels[name]))
    groups.set(key, [...(groups.get(key) ?? []), run])
  }
  return [...groups.values()].map((group) => ({ labels: group[0]!.labels, runs: group }))
}

function isBaselineOf(other: Setting, setting: Setting, { axes, baseline }: Comparison): boolean {
  return (
    baseline !== undefined &&
    axes.every(({ name }) => other.labels[name] === (baseline[name] ?? setting.labels[name]))
  )
}

function measured(
  measure: Measure,
  setting: Setting,
  baseline: Setting | undefined,
  bootstrap: BootstrapOptions,
): { [Key in Measure]?: AccuracySummary } {
  const accuracies = bySeed(setting, measure)
  const ofTest = figureSummary(setting, measure, 'test')
  if (ofTest === undefined) return {}
  const validation = figureSummary(setting, measure, 'validation')
  const balancedAccuracy = figureSummary(setting, measure, 'balancedAccuracy')
  const macroF1 = figureSummary(setting, measure, 'macroF1')
  const others = baseline === undefined || baseline === setting ? new Map() : bySeed(baseline, measure)
  const seeds = [...accuracies.keys()].filter((seed) => others.has(seed))
  const pick = (values: ReadonlyMap<number, number>): number[] => seeds.map((seed) => values.get(seed)!)
  const difference = seeds.length > 0 && differenceOf(pick(accuracies), pick(others), bootstrap)
  const summary: AccuracySummary = {
    ...ofTest,
    tInterval: meanInterval([...accuracies.values()]) ?? null,
    ...(validation && { validation }),
    ...(balancedAccuracy && { balancedAccuracy }),
    ...(macroF1 && { macroF1 }),
    ...(difference && { difference }),
  }
  return { [measure]: summary }
}

function bySeed({ runs }: Setting, measure: Measure): Map<number, number> {
  return new Map(
    runs.flatMap((run) => {
      const accuracy = run.state === 'done' ? run[measure] : undefined
      return accuracy === undefined ? [] : [[run.seed, accuracy.test] as const]
    }),
  )
}

/** Summarizes a figure over the runs of a setting that have it. */
function figureSummary(
  { runs }: Setting,
  measure: Measure,
  name: Exclude<keyof EpochAccuracy, 'epoch'>,
): FigureSummary | undefined {
  const values = runs.flatMap((run) => {
    const value = run.state === 'done' ? run[measure]?.[name] : undefined
    return value === undefined ? [] : [value]
  })
  if (values.length === 0) return undefined
  const { mean, standardDeviation, count } = meanAndDeviation(values)
  return { mean, standardDeviation: orNull(standardDeviation), count }
}

function differenceOf(
  values: readonly number[],
  baseline: readonly number[],
  bootstrap: BootstrapOptions,
): DifferenceSummary {
  const differences = pairedDifferences(values, baseline)
  const test = (pValue: number): TestSummary => ({ pValue: orNull(pValue), corrected: null })
  return {
    mean: meanAndDeviation(differences).mean,
    interval: bootstrapInterval(differences, bootstrap),
    tInterval: meanInterval(differences) ?? null,
    pairs: differences.length,
    tTest: test(pairedTTest(values, baseline).pValue),
    wilcoxon: test(wilcoxonSignedRank(values, baseline).pValue),
  }
}

/** Puts Holm's correction over all settings into the tests of one measure. */
function corrected(summaries: readonly SettingSummary[], measure: Measure): SettingSummary[] {
  const pValues = (test: 'tTest' | 'wilcoxon'): number[] =>
    holmCorrection(summaries.map((summary) => summary[measure]?.difference?.[test].pValue ?? NaN))
  const [tTest, wilcoxon] = [pValues('tTest'), pValues('wilcoxon')]
  return summaries.map((summary, index) => {
    const accuracy = summary[measure]
    if (accuracy?.difference === undefined) return summary
    const difference = {
      ...accuracy.difference,
      tTest: { ...accuracy.difference.tTest, corrected: orNull(tTest[index]!) },
      wilcoxon: { ...accuracy.difference.wilcoxon, corrected: orNull(wilcoxon[index]!) },
    }
    return { ...summary, [measure]: { ...accuracy, difference } }
  })
}

/** Returns null for NaN, which JSON does not have. */
function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value
}
