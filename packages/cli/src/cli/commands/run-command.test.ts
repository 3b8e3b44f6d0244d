import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { RunResult } from '../../run/log/run-result.js'
import type { EvaluationResult } from '../../run/run-evaluation.js'
import { runKd } from '../../testing/run-kd.js'

let folder: string
let config: string

const text = `dataset:
  name: digits
  take: { train: 300 }
teachers:
  - model: { name: mlp, hiddenUnits: [32] }
    training: { epochs: 3 }
    labelNoise: { kind: symmetric, rate: 0.4 }
student:
  model: { name: mlp, hiddenUnits: [8] }
method: { name: vanilla-kd }
training: { epochs: 2, batchSize: 32 }
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-run-'))
  config = join(folder, 'small.yaml')
  await writeFile(config, text)
})
afterAll(() => rm(folder, { recursive: true }))

const lines = async (run: string): Promise<Record<string, unknown>[]> =>
  (await readFile(join(run, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('kd distill', () => {
  it('writes a run folder from which the run can be told and repeated', async () => {
    const out = join(folder, 'first')
    const run = await runKd(['distill', config, 'seed=3', '--out', out, '--engine', 'cpu', '--json'])
    expect(run.err).toContain('student epoch 2/2: loss')
    expect(run.exitCode).toBe(0)
    const result = run.json() as unknown as RunResult

    expect(await readdir(out)).toEqual([
      'config.yaml',
      'diagnostics.json',
      'environment.json',
      'events.out.tfevents.kd',
      'metrics.jsonl',
      'student',
      'teacher-1',
    ])
    expect(await readdir(join(out, 'student'))).toEqual([
      'input.json',
      'model.json',
      'student.safetensors',
      'weights.bin',
    ])
    const resolved = parse(await readFile(join(out, 'config.yaml'), 'utf8')) as Record<string, unknown>
    expect(resolved).toMatchObject({ seed: 3, engine: 'cpu', method: { name: 'vanilla-kd', temperature: 4 } })
    const environment = JSON.parse(await readFile(join(out, 'environment.json'), 'utf8')) as Record<
      string,
      unknown
    >
    expect(environment).toMatchObject({
      seed: 3,
      engine: 'cpu',
      node: process.version,
      data: {
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        examples: { train: 300, validation: 144, test: 360 },
      },
      packages: { '@tensorflow/tfjs-core': '4.22.0' },
    })
    const metrics = await lines(out)
    expect(metrics.map(({ kind, epoch }) => [kind, epoch])).toEqual([
      ['epoch', 1],
      ['epoch', 2],
      ['result', undefined],
    ])
    expect(metrics[2]).toMatchObject(JSON.parse(JSON.stringify(result)) as object)

    const [teacher] = result.teachers
    expect(teacher!.train['examples']).toBe(300)
    // 64 inputs, 32 or 8 hidden units, 10 classes, and a bias for each unit.
    const [ofTeacher, ofStudent] = [32, 8].map((units) => (64 + 1) * units + (units + 1) * 10)
    expect(teacher).toMatchObject({ parameters: ofTeacher, bytes: 4 * ofTeacher! })
    expect(result.student).toEqual({ parameters: ofStudent, bytes: 4 * ofStudent! })
    for (const latency of [result.latency!.student, result.latency!.teachers[0]!]) {
      expect(latency.map(({ batchSize }) => batchSize)).toEqual([1, 64])
      for (const { median, p95 } of latency) expect(median > 0 && p95 >= median && p95 < 1000).toBe(true)
    }
    // It was trained on other labels than the student sees.
    expect(teacher!.ownTrain!['top1']).not.toBe(teacher!.train['top1'])
    expect(result.best!.epoch).toBeLessThanOrEqual(2)

    const again = await runKd(['distill', join(out, 'config.yaml'), '--out', join(folder, 'again'), '--json'])
    const second = again.json() as unknown as RunResult
    expect(second.last).toEqual(result.last)
    expect(second.teachers).toEqual(result.teachers)
    expect(await readFile(join(folder, 'again/student/weights.bin'))).toEqual(
      await readFile(join(out, 'student/weights.bin')),
    )

    const evaluated = await runKd(['evaluate', out, '--json'])
    const tested = {
      task: { name: 'classification', monitor: 'top1' },
      figures: { examples: 360, top1: result.best!.test!['top1'] },
    }
    expect(evaluated.json()).toMatchObject(tested)
    const weights = `student.weights=${join(out, 'student/student.safetensors')}`
    const fromWeights = await runKd(['evaluate', config, weights, '--json'])
    expect(fromWeights.json()).toMatchObject(tested)
    const part = await runKd(['evaluate', out, '--split', 'validation', '--limit', '50', '--json'])
    expect(part.json()).toMatchObject({ figures: { examples: 50 }, split: 'validation' })
  })

  it('gives another seed another run, and runs without --out folders of their own', async () => {
    const from = process.cwd()
    process.chdir(folder)
    try {
      const words = ['train', config, '--engine', 'cpu', '--json', 'training.epochs=1']
      const folders = []
      const weights = []
      for (const seed of [0, 0, 1]) {
        const { folder: path } = (await runKd([...words, `seed=${seed}`])).json() as unknown as RunResult
        folders.push(await realpath(path))
        weights.push((await readFile(join(path, 'student/weights.bin'))).toString('hex'))
      }
      expect(folders.map((path) => basename(path))).toEqual([
        'small-label-loss-0',
        'small-label-loss-0-2',
        'small-label-loss-1',
      ])
      expect(weights[1]).toBe(weights[0])
      expect(weights[2]).not.toBe(weights[0])
    } finally {
      process.chdir(from)
    }
  })

  it('lets teacher and student see different labels and amounts of data', async () => {
    const run = async (...overrides: string[]): Promise<RunResult> =>
      (
        await runKd([
          'distill',
          config,
          ...overrides,
          '--engine',
          'cpu',
          '--out',
          join(folder, 'data'),
          '--force',
          '--json',
        ])
      ).json() as unknown as RunResult
    const recipe = 'teachers.0.take=100'
    const part = await run('student.take=60', recipe)
    expect(part.teachers[0]!.train['examples']).toBe(60)
    expect(part.teachers[0]!.ownTrain!['examples']).toBe(100)
    // Noise of the data set reaches the student, and a teacher that says none stays clean.
    const noisy = await run('dataset.labelNoise={kind: pair, rate: 1}', 'teachers.0.labelNoise={kind: none}')
    const { ownTrain, train } = noisy.teachers[0]!
    expect(ownTrain!['top1']).toBeGreaterThan(train['top1']! + 0.2)
  })

  it('saves the epoch best on the validation split, or the last where that is asked for', async () => {
    const out = join(folder, 'keep')
    // A rate that jumps in the last epoch spoils the student.
    const learningRate = 'training.learningRate={schedule: step, initial: 0.05, milestones: [3], factor: 20}'
    const words = ['train', config, '--engine', 'cpu', '--out', out, '--force', '--json', 'training.epochs=4']
    for (const keep of ['best', 'last'] as const) {
      const run = await runKd([...words, learningRate, `student.keep=${keep}`])
      const { best, last } = run.json() as unknown as RunResult
      expect(last!.validation!['top1']).toBeLessThan(best!.validation!['top1']! - 0.1)
      expect(best!.epoch).toBe(3)
      const { figures } = (await runKd(['evaluate', out, '--json'])).json() as unknown as EvaluationResult
      expect(figures['top1']).toBe({ best, last }[keep]!.test!['top1'])
      expect(last!.test!['top1']).not.toBe(best!.test!['top1'])
    }
  })
})
