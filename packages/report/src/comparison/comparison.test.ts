import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ComparedRun, Comparison } from './comparison.js'
import { comparisonCsv } from './comparison-csv.js'
import { comparisonLatex } from './comparison-latex.js'
import { comparisonMarkdown } from './comparison-markdown.js'
import { comparisonText } from './comparison-text.js'
import { summarizeComparison } from './summarize-comparison.js'

const run = (labels: Record<string, string>, seed: number, last: number, best?: number): ComparedRun => ({
  labels,
  seed,
  id: `${JSON.stringify(labels)}-${seed}`,
  folder: 'runs/x',
  state: 'done',
  last: { epoch: 3, validation: 0.5, test: last },
  ...(best !== undefined && { best: { epoch: 2, validation: 0.6, test: best } }),
})

const seeds = [0, 1, 2, 3, 4]
const accuracies = {
  KD: [0.9, 0.92, 0.91, 0.89, 0.9],
  LR: [0.93, 0.94, 0.95, 0.91, 0.93],
  WSL: [0.91, 0.9, 0.92, 0.9, 0.93],
}
const comparison: Comparison = {
  version: 1,
  name: 'three methods',
  axes: [{ name: 'method', labels: ['KD', 'LR', 'WSL'] }],
  seeds,
  baseline: { method: 'KD' },
  runs: Object.entries(accuracies).flatMap(([method, values]) =>
    values.map((value, seed) => run({ method }, seed, value, value - 0.01)),
  ),
}
const failing: Comparison = {
  ...comparison,
  runs: comparison.runs.map((one): ComparedRun => {
    const { last: _, best: __, ...rest } = one
    if (one.labels['method'] === 'LR' && one.seed < 2)
      return { ...rest, state: 'failed', message: 'disk full' }
    return one.labels['method'] === 'WSL' && one.seed === 4 ? { ...rest, state: 'stopped' } : one
  }),
}

describe('summarizeComparison', () => {
  it('holds every setting against the baseline, as scipy does', () => {
    const [kd, lr, wsl] = summarizeComparison(comparison)
    expect(kd).toMatchObject({ isBaseline: true, last: { count: 5 } })
    expect(kd!.last!.mean).toBeCloseTo(0.904, 12)
    expect(kd!.last).not.toHaveProperty('difference')
    // numpy: std(ddof=1) of LR; scipy: ttest_rel(LR, KD), ttest_rel(WSL, KD)
    expect(lr!.last!.standardDeviation).toBeCloseTo(0.014832397, 9)
    expect(lr!.last!.difference!.mean).toBeCloseTo(0.028, 12)
    expect(lr!.last!.difference!.tTest.pValue).toBeCloseTo(0.0017051574847, 10)
    expect(wsl!.last!.difference!.tTest.pValue).toBeCloseTo(0.3739009663, 9)
    expect(lr!.last!.difference!.wilcoxon.pValue).toBe(0.0625)
  })

  it('corrects for two tests, each measure by itself', () => {
    const [, lr, wsl] = summarizeComparison(comparison)
    for (const measure of ['last', 'best'] as const) {
      const [one, other] = [lr![measure]!.difference!.tTest, wsl![measure]!.difference!.tTest]
      expect(one.corrected).toBeCloseTo(2 * one.pValue!, 12)
      expect(other.corrected).toBe(other.pValue)
    }
  })

  it('takes the seeds that both have, and counts what failed', () => {
    const [, lr, wsl] = summarizeComparison(failing)
    expect(lr).toMatchObject({ failed: 2, unfinished: 0, last: { count: 3, difference: { pairs: 3 } } })
    expect(wsl).toMatchObject({ failed: 0, unfinished: 1, last: { count: 4, difference: { pairs: 4 } } })
    expect(lr!.last!.difference!.mean).toBeCloseTo((0.04 + 0.02 + 0.03) / 3, 12)
  })

  it('finds the baseline of each setting along the other axes', () => {
    const grid: Comparison = {
      ...comparison,
      axes: [
        { name: 'method', labels: ['KD', 'LR'] },
        { name: 'width', labels: ['8', '16'] },
      ],
      runs: ['KD', 'LR'].flatMap((method) =>
        ['8', '16'].flatMap((width) =>
          [0, 1].map((seed) =>
            run({ method, width }, seed, Number(width) / 20 + (method === 'LR' ? 0.1 : 0) + seed / 100),
          ),
        ),
      ),
    }
    const [, , narrow, wide] = summarizeComparison(grid)
    expect(narrow!.last!.difference!.mean).toBeCloseTo(0.1, 12)
    expect(wide!.last!.difference!.mean).toBeCloseTo(0.1, 12)
    const [, kdWide] = summarizeComparison({ ...grid, baseline: { width: '8' } })
    expect(kdWide!.last!.difference!.mean).toBeCloseTo(0.4, 12)
  })

  it('needs nothing that JSON cannot hold', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 }), (right) => {
        const runs = right.map((value, index) =>
          run({ method: index < 3 ? 'KD' : 'LR' }, index % 3, value / 9),
        )
        const found = summarizeComparison({ ...comparison, runs }, { resamples: 50 })
        expect(JSON.parse(JSON.stringify(found))).toEqual(found)
      }),
    )
  })
})

describe('tables', () => {
  it('show means, differences and tests in the terminal', () => {
    const text = comparisonText(comparison)
    expect(text).toMatch(/^Accuracy after the last epoch, %\n\nmethod +seeds +validation +test +difference/)
    expect(text).toMatch(/KD +5 +50\.00 ± 0\.00 +90\.40 ± 1\.14 +baseline\n/)
    expect(text).toMatch(
      /LR +5 +50\.00 ± 0\.00 +93\.20 ± 1\.48 +\+2\.80 +\+2\.\d\d to \+3\.\d\d +0\.0017 +0\.0034 +0\.0625 +0\.1250\n/,
    )
    expect(text).toContain('Accuracy of the epoch best on validation, %')
  })

  it('leave the last columns out where the terminal is too narrow, and name them', () => {
    const text = comparisonText(comparison, 60)
    const table = text.slice(0, text.indexOf('\n* ')).split('\n')
    expect(table.filter((line) => line.length > 60 && !line.startsWith('(too narrow'))).toEqual([])
    expect(table[2]).toMatch(/^method +seeds +validation +test +difference$/)
    expect(text).toContain('(too narrow here for 95 % interval; t; t, Holm; Wilcoxon; W., Holm)')
    const axes = [{ name: 'student.model.hiddenUnits', labels: ['KD', 'LR', 'WSL'] }]
    const runs = comparison.runs.map((one) => ({
      ...one,
      labels: { 'student.model.hiddenUnits': one.labels['method']! },
    }))
    const dotted = comparisonText({ ...comparison, axes, baseline: runs[0]!.labels, runs }, 60)
    expect(dotted).toMatch(/\n\nhiddenUnits +seeds +validation +test +difference/)
    expect(comparisonText(comparison, 1)).toContain('\nmethod\nKD\nLR\nWSL\n(too narrow')
  })

  it('say what failed and what is missing', () => {
    for (const show of [(one: Comparison) => comparisonText(one), comparisonMarkdown, comparisonLatex]) {
      expect(show(failing)).toMatch(/FAILED LR, seed 0: disk full/)
      expect(show(failing)).toContain('1 of 15 runs are not finished')
    }
  })

  it('have no columns for tests without a baseline, and no second table without a validation split', () => {
    const { baseline: _, ...plain } = comparison
    const text = comparisonText({
      ...plain,
      runs: [{ ...run({ method: 'KD' }, 0, 0.9), last: { epoch: 3, test: 0.9 } }],
    })
    expect(text.split('\n').slice(0, 4)).toEqual([
      'Accuracy after the last epoch, %',
      '',
      'method  seeds  test',
      'KD      1      90.00',
    ])
    expect(text).not.toContain('validation')
  })

  it('have the validation figures beside the test figures, and in CSV', () => {
    for (const show of [(one: Comparison) => comparisonText(one), comparisonMarkdown, comparisonLatex])
      expect(show(comparison)).toMatch(
        /validation\W+test[^]*KD\W+5\W+60\.00 \S+ 0\.00\W+89\.40 \S+ 1\.14[^]*choose methods/,
      )
    const [last, best] = parse<Record<string, string>>(comparisonCsv(comparison), { columns: true })
    expect([last!['validationMean'], best!['validationMean']]).toEqual(['0.5', '0.6'])
    expect(Number(best!['validationStandardDeviation'])).toBeCloseTo(0, 12)
  })

  it('show balanced accuracy and macro F1 where the accuracy hides small classes', () => {
    const withClasses = (balancedAccuracy: number): Comparison => ({
      ...comparison,
      runs: comparison.runs.map((one) => ({
        ...one,
        last: { ...one.last!, balancedAccuracy, macroF1: 0.625 },
      })),
    })
    const text = comparisonText(withClasses(0.75))
    expect(text).toMatch(
      /test +balanced +macro F1 +difference[^]*90\.40 ± 1\.14 +75\.00 ± 0\.00 +62\.50 ± 0\.00/,
    )
    expect(text).toContain('classes are of different sizes')
    const [row] = parse<Record<string, string>>(comparisonCsv(withClasses(0.75)), { columns: true })
    expect(row).toMatchObject({ balancedAccuracyMean: '0.75', macroF1Mean: '0.625' })
    // Equal classes: nothing more to say.
    const equal: Comparison = {
      ...comparison,
      runs: comparison.runs.map((one) => ({
        ...one,
        last: { ...one.last!, balancedAccuracy: one.last!.test + 0.005 },
      })),
    }
    expect(comparisonText(equal)).not.toMatch(/balanced/)
  })

  const named = (label: string): Comparison => ({
    ...comparison,
    runs: comparison.runs.map((one) =>
      one.labels['method'] === 'LR' ? { ...one, labels: { method: label } } : one,
    ),
  })

  it('write CSV that a reader of RFC 4180 takes back, with nothing that a spreadsheet runs', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (label) => {
        const csv = comparisonCsv(named(`x${label}`))
        const records = parse(csv, { record_delimiter: '\r\n' })
        expect(records).toHaveLength(1 + 6)
        expect(new Set(records.map((record) => record.length))).toEqual(new Set([20]))
        expect(records[3]![0]).toBe(`x${label}`)
      }),
      { numRuns: 30 },
    )
    for (const label of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
      const records = parse(comparisonCsv(named(label)), { record_delimiter: '\r\n' })
      expect(records[3]![0]).toBe(`'${label}`)
    }
    const csv = comparisonCsv(comparison)
    const numbers = parse<Record<string, string>>(csv, { record_delimiter: '\r\n', columns: true })
    expect(Number(numbers[2]!['mean'])).toBeCloseTo(0.932, 12)
    expect(numbers[0]).toMatchObject({ method: 'KD', measure: 'last', baseline: '1', difference: '' })
  })

  it('keep what a name holds from being markup or control', () => {
    const nasty = named('a|b_<script>\u001b[31m$&%#\\x\n^~')
    const row = comparisonMarkdown(nasty)
      .split('\n')
      .find((line) => line.includes('script'))!
    expect(row).toContain('a\\|b\\_\\<script\\> \\[31m$&amp;%\\#\\\\x ^\\~')
    expect(comparisonLatex(nasty)).toContain(
      'a|b\\_$<$script$>$ [31m\\$\\&\\%\\#\\textbackslash{}x \\textasciicircum{}\\textasciitilde{}',
    )
    // eslint-disable-next-line no-control-regex
    expect(comparisonText(nasty)).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  })

  it('show another figure in its own unit, and say where lower is better', () => {
    const figure = { name: 'error', title: 'Absolute error', unit: 'number', better: 'lower' } as const
    const runs = comparison.runs.map((one) => ({
      ...one,
      last: { ...one.last!, validation: 50, test: 100 * one.last!.test },
    }))
    const text = comparisonText({ ...comparison, runs, figure })
    expect(text).toMatch(/^Absolute error after the last epoch \(lower is better\)\n/)
    expect(text).toMatch(/KD +5 +50 ± 0 +90\.4 ± 1\.14 +baseline\n/)
    expect(text).toMatch(/LR +5 +50 ± 0 +93\.2 ± 1\.483 +\+2\.8 +\+[\d.]+ to \+[\d.]+ +0\.0017 +0\.0034/)
    expect(text).toContain(
      'paired by seed, with its bootstrap interval; below 0 is better than the baseline;',
    )
    const share = { ...figure, title: 'F1', unit: 'share', better: 'higher' } as const
    const asShare = comparisonText({ ...comparison, figure: share })
    expect(asShare).toMatch(/^F1 after the last epoch, %\n/)
    expect(asShare.split('\n').slice(1)).toEqual(
      comparisonText(comparison).replace('Accuracy of the', 'F1 of the').split('\n').slice(1),
    )
  })

  it('write LaTeX tables with one cell per column', () => {
    const latex = comparisonLatex(comparison)
    expect(latex).toContain('\\begin{tabular}{lrrrrrrrrr}')
    for (const line of latex.split('\n').filter((one) => one.endsWith('\\\\'))) {
      expect(line.split(' & ')).toHaveLength(10)
    }
    expect(latex).toContain('93.20 $\\pm$ 1.48')
  })
})
