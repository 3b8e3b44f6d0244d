import { holmCorrection } from '../statistics/holm-correction.js'
import { meanAndDeviation } from '../statistics/mean-and-deviation.js'
import { pairedDifferences } from '../statistics/paired-differences.js'
import { pairedTTest } from '../statistics/paired-t-test.js'
import type { BiasVarianceReport, BiasVarianceSetting, LossParts } from './bias-variance-report.js'

/** The loss that was taken apart. */
export type LossForm = 'kullbackLeibler' | 'squaredError'

/** A number over seeds. */
export interface SeedSummary {
  readonly mean: number
  /** The sample standard deviation; null for one seed. */
  readonly standardDeviation: number | null
  /** The difference to the baseline, paired by seed; absent for the baseline itself, and where no seed has both. */
  readonly difference?: {
    readonly mean: number
    readonly pairs: number
    /** The two-sided p-value of the paired t-test; null where the differences allow no test. */
    readonly pValue: number | null
    /** The p-value, corrected by Holm's method for both parts of all settings. */
    readonly corrected: number | null
  }
}

/** The summary of one setting of a {@link BiasVarianceReport}. */
export interface BiasVarianceSummary {
  readonly labels: Readonly<Record<string, string>>
  readonly isBaseline: boolean
  /** The number of seeds whose students are all done. */
  readonly seeds: number
  readonly top1?: SeedSummary
  readonly forms?: Readonly<Record<LossForm, Readonly<Record<keyof LossParts, SeedSummary>>>>
  /** One entry per teacher. */
  readonly regularization: readonly RegularizationSummary[]
}

/** The share of regularization samples among the students' own training examples. */
export interface RegularizationSummary {
  readonly teacher: number
  readonly temperature: number
  /** The number of examples that all students of all seeds were measured on. */
  readonly examples: number
  readonly atLabel: SeedSummary
  readonly overall: SeedSummary
}

/**
 * Computes means over seeds, and differences to the baseline.
 *
 * @param report - as `kd analyse bias-variance` found it
 * @returns one summary per setting, in its order
 *
 * @example
 * ```ts
 * import { summarizeBiasVariance } from '@kd/report'
 *
 * const parts = { loss: 0.5, bias: 0.3, variance: 0.2 }
 * const found = { testExamples: 360, top1: 0.9, kullbackLeibler: parts, squaredError: parts }
 * const [summary] = summarizeBiasVariance({
 *   version: 1,
 *   name: 'one seed',
 *   axes: [{ name: 'method', labels: ['KD'] }],
 *   splits: 2,
 *   seeds: [0],
 *   settings: [{ labels: { method: 'KD' }, repeats: [{ seed: 0, students: [], found }] }],
 * })
 * console.log(summary?.forms?.kullbackLeibler.variance.mean) // 0.2
 * ```
 */
export function summarizeBiasVariance(report: BiasVarianceReport): BiasVarianceSummary[] {
  const summaries = report.settings.map((setting) => summarize(setting, baselineOf(setting, report)))
  return corrected(summaries)
}

type Found = NonNullable<BiasVarianceSetting['repeats'][number]['found']>

function summarize(
  setting: BiasVarianceSetting,
  baseline: BiasVarianceSetting | undefined,
): BiasVarianceSummary {
  const found = foundBySeed(setting)
  const other = baseline === undefined || baseline === setting ? undefined : foundBySeed(baseline)
  const over = (value: (one: Found) => number): SeedSummary => ({
    ...seedSummary([...found.values()].map(value)),
    ...difference(found, other, value),
  })
  const form = (name: LossForm): Record<keyof LossParts, SeedSummary> => ({
    loss: over((one) => one[name].loss),
    bias: over((one) => one[name].bias),
    variance: over((one) => one[name].variance),
  })
  const common = {
    labels: setting.labels,
    isBaseline: baseline === setting,
    seeds: found.size,
    regularization: regularization(setting),
  }
  if (found.size === 0) return common
  return {
    ...common,
    top1: over(({ top1 }) => top1),
    forms: { kullbackLeibler: form('kullbackLeibler'), squaredError: form('squaredError') },
  }
}

function baselineOf(
  { labels }: BiasVarianceSetting,
  { baseline, settings }: BiasVarianceReport,
): BiasVarianceSetting | undefined {
  if (baseline === undefined) return undefined
  const wanted = { ...labels, ...baseline }
  return settings.find((one) => Object.entries(wanted).every(([axis, label]) => one.labels[axis] === label))
}

function foundBySeed({ repeats }: BiasVarianceSetting): Map<number, Found> {
  return new Map(repeats.flatMap(({ seed, found }) => (found === undefined ? [] : [[seed, found]])))
}

function seedSummary(values: readonly number[]): SeedSummary {
  const { mean, standardDeviation } = meanAndDeviation(values)
  return { mean, standardDeviation: orNull(standardDeviation) }
}

function difference(
  found: ReadonlyMap<number, Found>,
  other: ReadonlyMap<number, Found> | undefined,
  value: (one: Found) => number,
): Pick<SeedSummary, 'difference'> {
  const pairs = [...found].flatMap(([seed, one]) => {
    const base = other?.get(seed)
    return base === undefined ? [] : [[value(one), value(base)] as const]
  })
  if (pairs.length === 0) return {}
  const [values, baseline] = [pairs.map(([one]) => one), pairs.map(([, base]) => base)]
  const { mean } = meanAndDeviation(pairedDifferences(values, baseline))
  const pValue = orNull(pairedTTest(values, baseline).pValue)
  return { difference: { mean, pairs: pairs.length, pValue, corrected: pValue } }
}

function regularization({ repeats }: BiasVarianceSetting): RegularizationSummary[] {
  const counts = repeats.map(({ students }) => students.flatMap((student) => student.regularization ?? []))
  const teachers = [...new Set(counts.flat().map(({ teacher }) => teacher))].sort((a, b) => a - b)
  return teachers.map((teacher) => {
    const bySeed = counts
      .map((seedCounts) => seedCounts.filter((one) => one.teacher === teacher))
      .filter((seedCounts) => seedCounts.length > 0)
    const total = (group: (typeof bySeed)[number], key: 'atLabel' | 'overall' | 'examples'): number =>
      group.reduce((sum, one) => sum + one[key], 0)
    const share = (key: 'atLabel' | 'overall'): SeedSummary =>
      seedSummary(bySeed.map((group) => total(group, key) / total(group, 'examples')))
    return {
      teacher,
      temperature: bySeed[0]![0]!.temperature,
      examples: total(bySeed.flat(), 'examples'),
      atLabel: share('atLabel'),
      overall: share('overall'),
    }
  })
}

/** Corrects the p-values of each form: its tests of bias and of variance in all settings are one family. */
function corrected(summaries: readonly BiasVarianceSummary[]): BiasVarianceSummary[] {
  const correctedForm = (
    name: LossForm,
  ): (Pick<Record<keyof LossParts, SeedSummary>, 'bias' | 'variance'> | undefined)[] => {
    const tests = summaries.map(({ forms }) => forms && [forms[name].bias, forms[name].variance])
    const pValues = holmCorrection(
      tests.flatMap((pair) => pair ?? []).map((one) => one.difference?.pValue ?? NaN),
    )
    let next = 0
    const put = (one: SeedSummary): SeedSummary => {
      const value = orNull(pValues[next++]!)
      return one.difference ? { ...one, difference: { ...one.difference, corrected: value } } : one
    }
    return tests.map((pair) => pair && { bias: put(pair[0]!), variance: put(pair[1]!) })
  }
  const [kullbackLeibler, squaredError] = [correctedForm('kullbackLeibler'), correctedForm('squaredError')]
  return summaries.map((summary, index) =>
    summary.forms === undefined
      ? summary
      : {
          ...summary,
          forms: {
            kullbackLeibler: { ...summary.forms.kullbackLeibler, ...kullbackLeibler[index] },
            squaredError: { ...summary.forms.squaredError, ...squaredError[index] },
          },
        },
  )
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value
}
