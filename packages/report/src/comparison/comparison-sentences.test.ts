import { describe, expect, it } from 'vitest'
import type { ComparedRun, Comparison } from './comparison.js'
import { comparisonSentences, testsNote } from './comparison-sentences.js'
import { summarizeComparison } from './summarize-comparison.js'

function comparisonOf(
  values: Readonly<Record<string, readonly number[]>>,
  more: Partial<Comparison> = {},
): Comparison {
  const runs = Object.entries(values).flatMap(([method, tests]) =>
    tests.map((test, seed): ComparedRun => ({
      labels: { method },
      seed,
      id: `${method}-${seed}`,
      folder: `runs/${method}-${seed}`,
      state: 'done',
      last: { epoch: 3, test },
    })),
  )
  return {
    version: 1,
    name: 'methods',
    axes: [{ name: 'method', labels: Object.keys(values) }],
    seeds: [],
    baseline: { method: 'KD' },
    runs,
    ...more,
  }
}
const sentencesOf = (comparison: Comparison): string[] =>
  comparisonSentences(comparison, summarizeComparison(comparison, { resamples: 50 }), 'last')

const KD = [0.9, 0.92, 0.91, 0.89, 0.9]
const error = { name: 'error', title: 'error', unit: 'number', better: 'lower' } as const

describe('comparisonSentences', () => {
  it('calls better and worse what the tests find, with the interval of the t-test', () => {
    // scipy: t.interval(0.95, 4, 0.028, 0.0037416574)
    const LR = [0.93, 0.94, 0.95, 0.91, 0.93]
    expect(sentencesOf(comparisonOf({ KD, LR }))).toEqual([
      'LR is better than KD by 2.80 points (95 % interval 1.76 to 3.84, n = 5 seeds).',
    ])
    expect(sentencesOf(comparisonOf({ KD: LR, LR: KD }))).toEqual([
      'LR is worse than KD by 2.80 points (95 % interval 1.76 to 3.84, n = 5 seeds).',
    ])
  })

  it('turns round where lower is better', () => {
    const LR = [0.93, 0.94, 0.95, 0.91, 0.93]
    expect(sentencesOf(comparisonOf({ KD, LR }, { figure: error }))).toEqual([
      'LR is worse than KD by 0.028 (95 % interval 0.01761 to 0.03839, n = 5 seeds).',
    ])
  })

  it('says that seeds do not tell two apart, also where only the correction says so', () => {
    const WSL = [0.91, 0.9, 0.92, 0.9, 0.93]
    expect(sentencesOf(comparisonOf({ KD, WSL }))[0]).toMatch(
      /^These 5 seeds do not tell WSL and KD apart: difference \+0\.80 points \(95 % interval -\d\.\d\d to \+\d\.\d\d\)\.$/,
    )
    // p = 0.03 alone; not among five.
    const near = KD.map((value, seed) => value + [0.01, 0.03, 0.02, 0.002, 0.02][seed]!)
    expect(sentencesOf(comparisonOf({ KD, near }))[0]).toMatch(/^near is better than KD/)
    const many = comparisonOf({ KD, near, WSL, W2: WSL, W3: WSL, W4: WSL })
    expect(sentencesOf(many)[0]).toMatch(/do not tell near and KD apart.*, p = 0\.\d+ after the correction\)/)
    expect(testsNote(summarizeComparison(many), 'last')).toContain('for 5 comparisons')
  })

  it('says nothing that seeds do not allow', () => {
    expect(sentencesOf(comparisonOf({ KD: [0.9], LR: [0.92] }))).toEqual([
      'With 1 seed nothing can be said of LR and KD (difference here +2.00 points).',
    ])
    expect(sentencesOf(comparisonOf({ KD: [0.5, 0.25], LR: [0.5, 0.25] }))).toEqual([
      'LR and KD are equal in each of 2 seeds, which allows no test.',
    ])
    const { baseline: _, ...without } = comparisonOf({ KD, LR: KD })
    expect(sentencesOf(without)[0]).toContain('No baseline is named')
    expect(sentencesOf(comparisonOf({ KD }))).toEqual(['Nothing is there yet to hold against the baseline.'])
    expect(sentencesOf(comparisonOf({}))).toEqual(['No run has a result yet.'])
  })
})
