import { evaluate } from '@kd/core'
import { loadDataset } from '@kd/datasets'
import { biasVarianceKullbackLeibler, type BiasVarianceReport } from '@kd/report'
import { parse as parseCsv } from 'csv-parse/sync'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ConfigError } from '../../config/config-error.js'
import { loadModel } from '../../run/model/saved-model.js'
import { inProcessRunner } from '../runner/in-process-runner.js'
import { runKd } from '../../testing/run-kd.js'
import type { BiasVarianceInput } from './bias-variance-schema.js'
import { runBiasVariance } from './run-bias-variance.js'

const base = {
  dataset: { name: 'digits', take: { train: 240, test: 60 } },
  teachers: [{ model: { name: 'mlp', hiddenUnits: [16] }, training: { epochs: 1 } }],
  student: { model: { name: 'mlp', hiddenUnits: [8] } },
  training: { epochs: 1 },
  engine: 'cpu',
} as const
const analysis: BiasVarianceInput = {
  base,
  methods: { KD: { name: 'vanilla-kd' }, labels: { name: 'label-loss' } },
  splits: 3,
  seeds: 2,
  baseline: 'labels',
}

let folder: string
let out: string
let report: BiasVarianceReport
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-bias-variance-'))
  out = join(folder, 'all')
  ;({ report } = await runBiasVariance(analysis, { out, runner: inProcessRunner() }))
}, 120_000)
afterAll(() => rm(folder, { recursive: true }))

const configOf = async (run: string): Promise<Record<string, Record<string, unknown>>> =>
  parse(await readFile(join(out, run, 'config.yaml'), 'utf8')) as Record<string, Record<string, unknown>>

describe('runBiasVariance', () => {
  it('trains a student on each part, with initial weights of its own, under one teacher per seed', async () => {
    const [kd] = report.settings
    expect(kd!.repeats.map(({ seed, students }) => [seed, students.length])).toEqual([
      [0, 3],
      [1, 3],
    ])
    const configs = await Promise.all(kd!.repeats[1]!.students.map((one) => configOf(one.folder)))
    expect(configs.map(({ student }) => student!['part'])).toEqual(
      [1, 2, 3].map((number) => ({ number, of: 3, permutation: 1 })),
    )
    expect(configs.map(({ seed }) => seed)).toEqual([3, 4, 5])
    expect(await readdir(join(out, 'teachers'))).toHaveLength(2)
  })

  it('finds what the saved students say themselves', async () => {
    const { students, found } = report.settings[0]!.repeats[0]!
    const logits: Float32Array[] = []
    const { takeExamples } = await import('@kd/datasets')
    const digits = takeExamples(await loadDataset({ name: 'digits' }), { test: 60, seed: 0 })
    for (const student of students) {
      const model = await loadModel(join(out, student.folder, 'student'))
      logits.push((await evaluate(model, digits, { split: 'test' })).logits)
      model.dispose()
    }
    const { loss, bias, variance } = biasVarianceKullbackLeibler(logits, digits.test!.labels)
    expect(found!.kullbackLeibler).toEqual({ loss, bias, variance })
    expect(variance).toBeGreaterThan(0)
  })

  it('counts regularization samples of methods with a teacher, on the own part of each student', () => {
    const [kd, labels] = report.settings
    const student = kd!.repeats[0]!.students[0]!
    expect(student.regularization![0]).toMatchObject({ teacher: 1, temperature: 4, examples: 80 })
    expect(labels!.repeats[0]!.students[0]!.regularization).toBeUndefined()
  })

  it('writes the report, its tables, and each test example', async () => {
    expect(await readdir(out)).toEqual(
      expect.arrayContaining(['bias-variance.json', 'bias-variance.md', 'bias-variance.csv', 'examples.csv']),
    )
    expect(JSON.parse(await readFile(join(out, 'bias-variance.json'), 'utf8'))).toEqual(report)
    const rows = parseCsv<Record<string, string>>(await readFile(join(out, 'examples.csv')), {
      columns: true,
    })
    expect(rows).toHaveLength(2 * 2 * 60)
    const own = rows.filter(({ method, seed }) => method === 'KD' && seed === '1')
    const mean = own.reduce((sum, row) => sum + Number(row['variance']) / own.length, 0)
    expect(mean).toBeCloseTo(report.settings[0]!.repeats[1]!.found!.kullbackLeibler.variance, 10)
  })

  it('does what is left, and nothing twice', async () => {
    const gone = report.settings[1]!.repeats[1]!.students[2]!.folder
    await rm(join(out, gone), { recursive: true })
    const begun: string[] = []
    const again = await runBiasVariance(analysis, {
      out,
      runner: inProcessRunner(),
      onProgress: (event) => {
        if (event.kind === 'started') begun.push(event.job.name)
      },
    })
    expect(begun).toEqual(['labels, part 3 of 3, seed 1'])
    expect(again.report).toEqual(report)
  })

  it('leaves out a seed that misses a student, and says why', async () => {
    const broken = {
      ...analysis,
      methods: { 'no such weights': { name: 'label-loss' } },
      seeds: 1,
      splits: 2,
    }
    const found = await runBiasVariance(
      {
        ...broken,
        base: { ...base, student: { ...base.student, weights: join(folder, 'none') } },
        baseline: {},
      },
      { out: join(folder, 'broken'), runner: inProcessRunner() },
    )
    const [repeat] = found.report.settings[0]!.repeats
    expect(repeat!.found).toBeUndefined()
    expect(repeat!.students.map(({ state }) => state)).toEqual(['failed', 'failed'])
    expect(repeat!.students[0]!.message).toContain('no such file')
  })

  it('takes the config of a run, and refuses parts of its own and what is no config', async () => {
    const options = { out: join(folder, 'one'), runner: inProcessRunner(), splits: 2 }
    const config = { ...base, teachers: [], method: { name: 'label-loss' } }
    const { report: one } = await runBiasVariance(config, options)
    expect(one.settings.map(({ labels }) => labels)).toEqual([{ method: 'label-loss' }])
    const student = { ...base.student, part: { number: 1, of: 2 } }
    await expect(runBiasVariance({ ...config, student }, options)).rejects.toThrow('say splits')
    await expect(runBiasVariance({ ...analysis, splits: 1 }, { out: options.out })).rejects.toThrow(
      ConfigError,
    )
    await expect(runBiasVariance({ ...config, method: { name: 'vanila' } }, options)).rejects.toThrow(
      'method.name',
    )
  })
})

describe('kd analyse bias-variance', () => {
  it('prints the tables, and says what is wrong with a file', async () => {
    const file = join(folder, 'analysis.yaml')
    await writeFile(file, JSON.stringify(analysis))
    const { exitCode, out: text } = await runKd(['analyse', 'bias-variance', file, '--out', out])
    expect(exitCode).toBe(0)
    expect(text).toMatch(/Cross-entropy on the test examples[^]*KD +2 +\d\.\d{4} ± \d\.\d{4}/)
    expect(text).toMatch(/labels +2 [^\n]* baseline/)
    const wrong = await runKd(['analyse', 'bias-variance', file, 'base.studnet=1'])
    expect([wrong.exitCode, wrong.err]).toEqual([2, expect.stringContaining('studnet')])
  })
})

it('refuses another task by its name, before anything is trained', async () => {
  const path = join(folder, 'line.csv')
  const rows = Array.from({ length: 40 }, (_, row) => `${row},${row / 2}`)
  await writeFile(path, `a,y\n${rows.join('\n')}\n`)
  const source = {
    base: {
      ...base,
      dataset: { name: 'csv', path, label: 'y', test: 0.2 },
      task: { name: 'regression' },
      teachers: [],
    },
    methods: { labels: { name: 'label-loss' } },
  }
  const other = join(folder, 'regression')
  await expect(runBiasVariance(source, { out: other, runner: inProcessRunner() })).rejects.toThrow(
    'analyse bias-variance: task must be classification, got regression',
  )
  expect(await readdir(other)).toEqual([])
})
