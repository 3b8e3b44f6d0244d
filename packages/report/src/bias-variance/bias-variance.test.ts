import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { biasVarianceCsv } from './bias-variance-csv.js'
import type { BiasVarianceReport, BiasVarianceRepeat } from './bias-variance-report.js'
import { biasVarianceMarkdown, biasVarianceText } from './bias-variance-tables.js'
import { summarizeBiasVariance } from './summarize-bias-variance.js'

const student = (part: number, atLabel = 10): BiasVarianceRepeat['students'][number] => ({
  part,
  id: `${part}`,
  folder: `runs/${part}`,
  state: 'done',
  regularization: [{ teacher: 1, temperature: 4, atLabel, overall: 20, examples: 40 }],
})

const repeat = (seed: number, bias: number, variance: number): BiasVarianceRepeat => ({
  seed,
  students: [student(1), student(2, 30)],
  found: {
    testExamples: 100,
    top1: 0.9,
    kullbackLeibler: { loss: bias + variance, bias, variance },
    squaredError: { loss: 2 * (bias + variance), bias: 2 * bias, variance: 2 * variance },
  },
})

const report: BiasVarianceReport = {
  version: 1,
  name: 'made <up>',
  axes: [{ name: 'method', labels: ['KD', 'labels', '=broken'] }],
  splits: 2,
  seeds: [0, 1, 2],
  baseline: { method: 'labels' },
  settings: [
    { labels: { method: 'KD' }, repeats: [repeat(0, 0.4, 0.1), repeat(1, 0.5, 0.2), repeat(2, 0.9, 0.3)] },
    {
      labels: { method: 'labels' },
      repeats: [repeat(0, 0.3, 0.2), repeat(1, 0.45, 0.3), repeat(2, 0.8, 0.4)],
    },
    {
      labels: { method: '=broken' },
      repeats: [
        {
          seed: 0,
          students: [student(1), { part: 2, id: 'b', folder: 'b', state: 'failed', message: 'it broke' }],
        },
      ],
    },
  ],
}

describe('summarizeBiasVariance', () => {
  const [kd, labels, broken] = summarizeBiasVariance(report)

  it('takes means over seeds and differences to the baseline', () => {
    expect(kd!.forms!.kullbackLeibler.bias.mean).toBeCloseTo(0.6, 12)
    expect(kd!.forms!.kullbackLeibler.bias.standardDeviation).toBeCloseTo(Math.sqrt(0.07), 12)
    expect(kd!.forms!.kullbackLeibler.bias.difference!.mean).toBeCloseTo(0.25 / 3, 12)
    expect(kd!.forms!.squaredError.loss.mean).toBeCloseTo(1.6, 12)
    expect(labels!.isBaseline).toBe(true)
    expect(labels!.forms!.kullbackLeibler.bias.difference).toBeUndefined()
  })

  it('tests differences, where they scatter, and corrects for both parts', () => {
    // scipy.stats.ttest_rel([.4, .5, .9], [.3, .45, .8]): 0.0377
    const { pValue, corrected } = kd!.forms!.kullbackLeibler.bias.difference!
    expect(pValue).toBeCloseTo(0.0377, 3)
    // The variance differs by one and the same number: no test, and nothing to correct for.
    expect(kd!.forms!.kullbackLeibler.variance.difference!.pValue).toBeNull()
    expect(corrected).toBe(pValue)
  })

  it('shares regularization samples out over students', () => {
    expect(kd!.regularization).toEqual([
      {
        teacher: 1,
        temperature: 4,
        examples: 240,
        atLabel: { mean: 0.5, standardDeviation: 0 },
        overall: { mean: 0.5, standardDeviation: 0 },
      },
    ])
  })

  it('counts a seed only with all of its students', () => {
    expect(broken).toMatchObject({ seeds: 0 })
    expect(broken!.forms).toBeUndefined()
  })
})

describe('the tables of bias and variance', () => {
  it('show means, differences and what failed', () => {
    const text = biasVarianceText(report)
    expect(text).toMatch(
      /^KD +3 +0\.8000 ± 0\.3606 +0\.6000 ± 0\.2646 +0\.2000 ± 0\.1000 +90\.00 ± 0\.00 +\+0\.0833 +0\.03/m,
    )
    expect(text).toMatch(/^=broken +0 +– +– +–/m)
    expect(text).toContain('FAILED =broken, seed 0, part 2: it broke')
    expect(biasVarianceMarkdown(report)).toMatch(/^# made \\<up\\>: bias and variance\n/)
  })

  it('go into CSV in full, harmless to spreadsheets', () => {
    const rows = parse<Record<string, string>>(biasVarianceCsv(report), { columns: true })
    expect(rows).toHaveLength(2 * (3 + 3 + 1))
    expect(rows[1]).toMatchObject({
      method: 'KD',
      seed: '0',
      form: 'squaredError',
      bias: '0.8',
      students: '2 of 2',
    })
    expect(rows.at(-1)).toMatchObject({ method: "'=broken", loss: '', students: '1 of 2' })
  })
})
