import { randomSource } from '@kd/core'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigInput } from './config/config-schema.js'
import { runComparison } from './jobs/compare/run-comparison.js'
import { inProcessRunner } from './jobs/runner/in-process-runner.js'
import { runKd } from './testing/run-kd.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-tasks-'))
  await writeFile(join(folder, 'table.csv'), table())
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Two features, two numbers that follow from them, and three flags. */
function table(): string {
  const random = randomSource('table')
  const rows = Array.from({ length: 240 }, () => {
    const [a, b] = [random.normal(), random.normal()]
    return [a, b, a - b, 0.5 * a + b, Number(a > 0), Number(b > 0.3), Number(a + b > 0)]
  })
  return ['a,b,difference,sum,positive,large,above', ...rows.map((row) => row.join(','))].join('\n')
}

const digits = { name: 'digits', take: { train: 240, test: 100 }, validation: 0.2 }
const csv = { name: 'csv', path: 'table.csv', features: ['a', 'b'], test: 60, validation: 0.2 }
const training = { epochs: 12, batchSize: 32, optimizer: { name: 'adam' }, learningRate: 0.02 }
const recipe = { model: { name: 'mlp', hiddenUnits: [32] }, training }

/** What a config says of its data, the figures that its task has, the first one first, and what a student beats. */
interface Case {
  readonly config: Readonly<Record<string, unknown>>
  readonly figures: readonly string[]
  readonly titles: readonly string[]
  /** A figure that tells a student that learned something from one that did not. */
  readonly beats: readonly [figure: string, isBetter: (value: number) => boolean]
}

const regression = {
  figures: ['rootMeanSquaredError', 'meanAbsoluteError', 'r2', 'loss'],
  titles: ['root mean squared error', 'mean absolute error', 'R²'],
  // The mean of the labels has an R² of 0.
  beats: ['r2', (value: number) => value > 0],
} as const
const multiLabel = {
  figures: ['microF1', 'macroF1', 'subsetAccuracy', 'hammingLoss', 'loss'],
  titles: ['micro F1', 'macro F1', 'subset accuracy', 'Hamming loss'],
  // Flags by the toss of a coin are wrong half of the time.
  beats: ['hammingLoss', (value: number) => value < 0.35],
} as const
const cases: Readonly<Record<string, Case>> = {
  'the ink of digits': {
    config: { dataset: digits, task: { name: 'regression' }, teachers: [recipe] },
    ...regression,
  },
  'the flags of digits': {
    config: { dataset: digits, task: { name: 'multi-label' }, teachers: [recipe] },
    ...multiLabel,
  },
  'numbers of a table': {
    config: {
      dataset: { ...csv, label: ['difference', 'sum'] },
      task: { name: 'regression' },
      teachers: [recipe],
    },
    ...regression,
  },
  'flags of a table': {
    config: {
      dataset: { ...csv, label: ['positive', 'large', 'above'] },
      task: { name: 'multi-label' },
      teachers: [recipe],
    },
    ...multiLabel,
  },
  "a plugin's counts, from a teacher that answers later": {
    config: {
      plugin: join(import.meta.dirname, 'testing/sightings.mjs'),
      dataset: { name: 'sightings' },
      teachers: [{ teacher: { name: 'rate-server' } }],
      teacherTimeout: 20,
    },
    figures: ['meanAbsoluteError', 'loss'],
    titles: ['error of the count', 'Poisson loss'],
    // Always one sighting, the loss of a student that says 0, costs 1.
    beats: ['loss', (value) => value < 0.9],
  },
}

const base = { student: { model: { name: 'mlp', hiddenUnits: [16] } }, training, engine: 'cpu' } as const

describe.each(Object.entries(cases))('%s', (name, { config, figures, titles, beats: [figure, isBetter] }) => {
  const id = name.replaceAll(/\W+/g, '-')
  const out = (what: string): string => join(folder, `${id}-${what}`)
  const write = async (method: string): Promise<string> => {
    const path = join(folder, `${id}-${method}.json`)
    await writeFile(path, JSON.stringify({ ...base, ...config, method: { name: method } }))
    return path
  }

  it('is distilled, evaluated and reported with its own figures', async () => {
    const run = await runKd(['distill', await write('vanilla-kd'), '--out', out('run'), '--json'])
    expect(run.err).not.toContain('error ')
    const { last } = run.json() as unknown as { last: { test: Record<string, number> } }
    expect(Object.keys(last.test)).toEqual(['examples', ...figures])
    expect(last.test, `${figure} ${last.test[figure]}`).toSatisfy((test: typeof last.test) =>
      isBetter(test[figure]!),
    )

    // A plugin that a run names is run only where the user names it.
    const plugin = 'plugin' in config ? [`plugin=${config['plugin'] as string}`] : []
    const evaluated = await runKd(['evaluate', out('run'), ...plugin])
    expect(titles.filter((title) => !evaluated.out.includes(title))).toEqual([])
    expect((await runKd(['report', out('run')])).exitCode).toBe(0)
    const page = await readFile(join(out('run'), 'report.html'), 'utf8')
    expect(page.includes(titles[0]!)).toBe(true)
  })

  it('is compared by its figure', async () => {
    const methods = { KD: { name: 'vanilla-kd' }, alone: { name: 'label-loss' } }
    const source = {
      base: { ...base, ...config, training: { ...training, epochs: 2 } } as unknown as ConfigInput,
      methods,
      seeds: 2,
      baseline: 'KD',
    }
    const input = join(folder, `${id}-comparison.json`)
    await writeFile(input, JSON.stringify(source))
    const { comparison } = await runComparison(input, { out: out('comparison'), runner: inProcessRunner() })
    expect(comparison.runs.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
    const tables = await readFile(join(out('comparison'), 'comparison.md'), 'utf8')
    expect(tables).not.toContain('NaN')
    expect(tables).not.toContain('top-1')
    expect((await runKd(['report', out('comparison')])).exitCode).toBe(0)
  })

  it('refuses a method for classes before anything is trained, and leaves no folder', async () => {
    const run = await runKd(['distill', await write('weighted-soft-labels'), '--out', out('refused')])
    expect(run.exitCode).toBe(1)
    expect(run.err).toMatch(
      /^error distill: method must be one for the task [\w-]+, got weighted-soft-labels, which is for classification\n$/,
    )
    expect(existsSync(out('refused'))).toBe(false)
  })
})
