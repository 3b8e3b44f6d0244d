import type { Comparison } from '@kd/report'
import { parse } from 'csv-parse/sync'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDistillation } from '../../run/run-distillation.js'
import { inProcessRunner } from '../runner/in-process-runner.js'
import { collectComparison } from './collect-comparison.js'
import type { ComparisonInput } from './comparison-schema.js'
import { runComparison, type ComparisonOptions, type ComparisonProgress } from './run-comparison.js'

const base = {
  dataset: { name: 'digits', take: { train: 150, validation: 40, test: 60 } },
  teachers: [
    {
      model: { name: 'mlp', hiddenUnits: [16] },
      training: { epochs: 2 },
      labelNoise: { kind: 'symmetric', rate: 0.3 },
    },
  ],
  student: { model: { name: 'mlp', hiddenUnits: [8] } },
  training: { epochs: 2, batchSize: 32 },
  engine: 'cpu',
}
const methods = { KD: { name: 'vanilla-kd' }, LR: { name: 'label-revision' }, alone: { name: 'label-loss' } }
const input: ComparisonInput = { base, methods, seeds: 2, baseline: 'KD' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-compare-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function compare(out: string, source: ComparisonInput = input, options: ComparisonOptions = {}) {
  const events: ComparisonProgress[] = []
  const onProgress = (event: ComparisonProgress): unknown => events.push(event)
  const result = await runComparison(source, {
    out: join(folder, out),
    runner: inProcessRunner(),
    onProgress,
    ...options,
  })
  const started = events.flatMap((event) =>
    event.kind === 'started' ? [event.job.name.replace(/ [0-9a-f]{8} /, ' ')] : [],
  )
  return { ...result, started, events }
}

const bits = (path: string): Promise<Buffer> => readFile(join(folder, path, 'student/weights.bin'))
const idOf = async (run: string): Promise<unknown> =>
  (JSON.parse(await readFile(join(run, 'environment.json'), 'utf8')) as { id: unknown }).id

describe('runComparison', () => {
  let first: Awaited<ReturnType<typeof compare>>
  beforeAll(async () => {
    first = await compare('first')
  })

  it('trains each teacher once, and finds what single runs find, bit for bit', async () => {
    expect(first.started.filter((name) => name.startsWith('teacher'))).toEqual([
      'teacher (seed 0)',
      'teacher (seed 1)',
    ])
    expect(first.comparison.runs.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'done'))
    for (const { labels, seed, folder: run, id, last, best } of first.comparison.runs) {
      const method = methods[labels['method'] as keyof typeof methods]
      const teachers = method.name === 'label-loss' ? [] : base.teachers
      const config = { ...base, teachers, method, seed } as Parameters<typeof runDistillation>[0]
      const single = await runDistillation(config, { out: join(folder, 'single'), force: true })
      expect(last).toEqual({
        epoch: 2,
        validation: single.last!.validation!.top1,
        test: single.last!.test!.top1,
        balancedAccuracy: single.last!.test!.balancedAccuracy,
        macroF1: single.last!.test!.macroF1,
      })
      expect(best?.test).toBe(single.best!.test!.top1)
      expect(await bits(`first/${run}`)).toEqual(await bits('single'))
      expect(id).toBe(await idOf(join(folder, 'single')))
      expect(id).toBe(await idOf(join(folder, 'first', run)))
    }
  })

  it('writes what it found as data and as tables', async () => {
    const out = join(folder, 'first')
    const names = ['comparison.csv', 'comparison.json', 'comparison.md', 'comparison.tex', 'runs', 'teachers']
    expect((await readdir(out)).sort()).toEqual(names)
    expect(JSON.parse(await readFile(join(out, 'comparison.json'), 'utf8')) as Comparison).toEqual(
      first.comparison,
    )
    const csv = await readFile(join(out, 'comparison.csv'))
    const rows = parse<Record<string, string>>(csv, { columns: true, record_delimiter: '\r\n' })
    const kd = first.comparison.runs.filter(({ labels }) => labels['method'] === 'KD')
    expect(Number(rows[0]!['mean'])).toBeCloseTo((kd[0]!.last!.test + kd[1]!.last!.test) / 2, 12)
    expect(await readFile(join(out, 'comparison.md'), 'utf8')).toMatch(
      /\| KD \| 2 \|( \d+\.\d\d ± \d+\.\d\d \|)+ baseline \|/,
    )
  })

  it('does nothing that is done, and only what is new', async () => {
    const weights = join(folder, 'first', first.comparison.runs[0]!.folder, 'student/weights.bin')
    const { mtimeMs } = await stat(weights)
    const again = await compare('first')
    expect(again.started).toEqual([])
    expect(again.comparison).toEqual(first.comparison)
    const more = await compare('first', { ...input, seeds: 3 })
    expect(more.started).toEqual(['teacher (seed 2)', 'alone, seed 2', 'KD, seed 2', 'LR, seed 2'])
    expect((await stat(weights)).mtimeMs).toBe(mtimeMs)
  })

  it('does a run again whose config or data changed', async () => {
    const changed = { ...base, dataset: { ...base.dataset, take: { ...base.dataset.take, train: 151 } } }
    const again = await compare('first', { ...input, base: changed, seeds: 1, methods: { KD: methods.KD } })
    expect(again.started).toEqual(['teacher (seed 0)', 'KD, seed 0'])
  })

  it('reports a run that fails, and does the rest', async () => {
    const axes = { 'student.weights': { none: 'nowhere.safetensors' } }
    const failing: ComparisonInput = { base, methods: { KD: methods.KD }, axes, seeds: 2 }
    const { comparison } = await compare('failing', failing)
    expect(comparison.runs.map(({ state }) => state)).toEqual(['failed', 'failed'])
    expect(comparison.runs[0]!.message).toMatch(/^cannot read .*nowhere\.safetensors: no such file$/)
  })

  it('goes on after it was ended, to the same bits', async () => {
    const controller = new AbortController()
    let steps = 0
    const onProgress = (event: ComparisonProgress): void => {
      // In the first epoch of the second student.
      if (event.kind === 'progress' && event.progress.kind === 'step' && event.progress.who === 'student')
        steps++
      if (steps === 13) controller.abort()
    }
    const seeds = 1
    const ended = await compare('ended', { ...input, seeds }, { signal: controller.signal, onProgress })
    expect(ended.comparison.runs.map(({ state }) => state)).toEqual(['stopped', 'stopped', 'done'])
    const { started, comparison, events } = await compare('ended', { ...input, seeds })
    expect(started).toEqual(['teacher (seed 0)', 'KD, seed 0', 'LR, seed 0'])
    const messages = events.flatMap((event) =>
      event.kind === 'progress' && event.progress.kind === 'message' ? [event.progress.text] : [],
    )
    expect(messages).toContainEqual(expect.stringMatching(/^student goes on in epoch 1 after step [1-4]$/))
    for (const { folder: run } of comparison.runs)
      expect(await bits(`ended/${run}`)).toEqual(await bits(`first/${run}`))
  })

  it('estimates time and disk from steps and from earlier runs', async () => {
    const budgetOf = async (out: string, seeds: number) => {
      const { events } = await compare(out, { ...input, seeds }, { budget: true })
      return events.flatMap((event) => (event.kind === 'budget' ? [event.budget] : []))[0]!
    }
    const measured = await budgetOf('budget', 1)
    expect(measured).toMatchObject({ jobs: 4, fromEarlierRuns: 0 })
    expect(measured.seconds).toBeGreaterThan(0)
    // Three students of 15 kB and a teacher of 23 kB, and as much again for what is written about them.
    expect(measured.bytes).toBeGreaterThan(30_000)
    expect(measured.bytes).toBeLessThan(300_000)
    const learned = await budgetOf('budget', 2)
    expect(learned).toMatchObject({ jobs: 4, fromEarlierRuns: 3 })
  })

  it('refuses a folder with other things, and data without a test split', async () => {
    await writeFile(join(folder, 'notes.txt'), 'mine')
    await expect(runComparison(input, { out: folder })).rejects.toThrow(
      'must be a new, an empty or a comparison',
    )
    await writeFile(join(folder, 'table.csv'), `a,b,label\n${'1,2,x\n3,1,y\n'.repeat(20)}`)
    const table = { name: 'csv', path: join(folder, 'table.csv'), label: 'label' }
    const without = compare('without', { ...input, base: { ...base, dataset: table } })
    await expect(without).rejects.toThrow('dataset must have a test split')
  })
})

describe('a comparison of another task', () => {
  const rows = Array.from({ length: 60 }, (_, row) => [row / 10, (row * 7) % 5])
  const taskBase = { student: base.student, training: { epochs: 1, batchSize: 16 }, engine: 'cpu' }
  let dataset: object
  beforeAll(async () => {
    const path = join(folder, 'line.csv')
    await writeFile(path, `a,b,y\n${rows.map(([a, b]) => `${a},${b},${a! - 2 * b!}`).join('\n')}\n`)
    dataset = { name: 'csv', path, label: 'y', test: 0.2 }
  })
  const methodsOfTask = { alone: { name: 'label-loss' } }

  it('compares the figure that tells most about it, which kd collect finds again', async () => {
    const source = {
      base: { ...taskBase, dataset, task: { name: 'regression' } },
      methods: methodsOfTask,
      seeds: 2,
    }
    const { comparison } = await compare('regression', source)
    const { figure, runs } = comparison
    expect(runs.map(({ state }) => state)).toEqual(['done', 'done'])
    expect(figure).toMatchObject({ better: 'lower', unit: 'number' })
    const result = (await readFile(join(folder, 'regression', runs[0]!.folder, 'metrics.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .at(-1)!
    const { last } = JSON.parse(result) as { last: { test: Record<string, number> } }
    expect(runs[0]!.last!.test).toBe(last.test[figure!.name])
    const table = await readFile(join(folder, 'regression/comparison.md'), 'utf8')
    expect(table).toContain(`${figure!.title} after the last epoch (lower is better)`)
    expect(await collectComparison(join(folder, 'regression'))).toEqual(comparison)
  })

  it('is refused where runs learn different tasks', async () => {
    const tasks = { number: { name: 'regression' }, class: { name: 'classification' } }
    // Its labels are 0 to 9, so that they may be classes as well.
    const base = { ...taskBase, dataset: { name: 'digits', validation: 0.1 } }
    const source = { base, methods: methodsOfTask, axes: { task: tasks }, seeds: 1 }
    await expect(compare('mixed', source)).rejects.toThrow(
      'compare: all runs must learn one task, got regression and classification',
    )
  })
})
