import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { makeMethod, methods, methodSchema } from './methods.js'
import { runDistillation } from '../run/run-distillation.js'
import type { RunProgress } from '../run/log/run-progress.js'
import { runKd } from '../testing/run-kd.js'
import { withoutMoment } from '../testing/run-outcome.js'

let folder: string

const text = `dataset: { name: digits, take: { train: 200 }, labelNoise: { kind: symmetric, rate: 0.4 } }
teachers:
  - model: { name: mlp, hiddenUnits: [8] }
    training: { epochs: 3 }
    checkpoints: [1, 3]
  - { model: { name: mlp, hiddenUnits: [4, 4] }, training: { epochs: 1 } }
student: { model: { name: mlp, hiddenUnits: [4] } }
method: { name: adaptive-mixing, preset: synthetic, every: 1, warmUpEpochs: 1 }
training: { epochs: 3 }
engine: cpu
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-mixing-'))
  await writeFile(join(folder, 'c.yaml'), text)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const distill = (name: string, ...words: string[]): ReturnType<typeof runKd> =>
  runKd(['distill', join(folder, 'c.yaml'), '--out', join(folder, name), '--json', ...words])

interface MixingLine {
  readonly kind: string
  readonly epoch: number
  readonly figures: Record<string, number>
  readonly spreads: Record<string, { histogram: { counts: number[] }; noise?: { wrongBelowRight: number } }>
}

async function lines(run: string): Promise<MixingLine[]> {
  const metrics = await readFile(join(folder, run, 'metrics.jsonl'), 'utf8')
  return metrics
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as MixingLine)
}

const nameOf = (config: object): string => makeMethod(methodSchema(methods).parse(config), methods).name

describe('learned mixing in a config', () => {
  it('takes checkpoints of one teacher and another architecture, and logs and writes the weights', async () => {
    const run = await distill('run')
    expect(run.exitCode, run.err).toBe(0)
    const { teachers } = run.json() as { teachers: { model: string }[] }
    expect(teachers.map(({ model }) => model)).toEqual(['mlp after epoch 1', 'mlp after epoch 3', 'mlp'])

    const found = await lines('run')
    expect(found.map(({ kind, epoch }) => [kind, epoch]).slice(0, -1)).toEqual([
      ['examples', 1],
      ['epoch', 1],
      ['method', 2],
      ['examples', 2],
      ['epoch', 2],
      ['method', 3],
      ['examples', 3],
      ['epoch', 3],
    ])
    const [{ figures }, { spreads }] = [found[5]!, found[6]!]
    expect(Object.keys(figures)).toEqual([
      ...['meanLabelWeight', 'meanTeacher0Weight', 'meanTeacher1Weight', 'meanTeacher2Weight'],
      ...['meanChange', 'heldOutNoise'],
    ])
    expect(Object.keys(spreads)).toEqual([
      'labelWeight',
      'teacher0Weight',
      'teacher1Weight',
      'teacher2Weight',
    ])
    expect(spreads['labelWeight']!.histogram.counts.reduce((sum, count) => sum + count)).toBe(200)
    expect(spreads['labelWeight']!.noise!.wrongBelowRight).toBeGreaterThan(0)

    const csv = (await readFile(join(folder, 'run/examples.csv'), 'utf8')).trim().split('\n')
    expect(csv[0]).toBe('id,label,cleanLabel,labelWeight,teacher0Weight,teacher1Weight,teacher2Weight')
    expect(csv).toHaveLength(201)
    const labelWeights = csv.slice(1).map((row) => Number(row.split(',')[3]))
    const mean = labelWeights.reduce((sum, weight) => sum + weight, 0) / 200
    expect(mean).toBeCloseTo(figures['meanLabelWeight']!, 5)
    const config = parse(await readFile(join(folder, 'run/config.yaml'), 'utf8')) as { method: object }
    expect(config.method).toMatchObject({ preset: 'synthetic', every: 1, temperature: 4 })
  })

  it.each([
    ['the recipe, between two checkpoints', 'teacher 1', 1],
    ['the student, after an update', 'student', 1],
  ])('goes on as the same run when it was ended in %s', async (_, who, epoch) => {
    const out = join(folder, `resumed ${who}`)
    const controller = new AbortController()
    const { signal } = controller
    const onProgress = (progress: RunProgress): void => {
      if (progress.kind !== 'step' || progress.who !== who) return
      if (progress.step.epoch === epoch && progress.step.step === 2) controller.abort()
    }
    const ended = await runDistillation(join(folder, 'c.yaml'), {
      out,
      signal,
      onProgress,
      checkpointSeconds: 0,
    })
    expect(ended.ended).toBe('aborted')
    await runDistillation(join(folder, 'c.yaml'), { out, resume: true })
    const files = (run: string): Promise<string[]> =>
      Promise.all(
        ['metrics.jsonl', 'examples.csv', 'student/student.safetensors'].map(async (name) => {
          const text = await readFile(join(run, name), 'latin1')
          return withoutMoment(text)
        }),
      )
    expect(await files(out)).toEqual(await files(join(folder, 'run')))
  })

  it('runs the example: checkpoints, another architecture and self-distillation', async () => {
    const example = fileURLToPath(
      new URL('../../../../examples/digits/adaptive-mixing.yaml', import.meta.url),
    )
    const quickly = ['dataset.take={train: 300}', 'training.epochs=5', 'engine=cpu']
    const recipes = ['teachers.0.training.epochs=2', 'teachers.0.checkpoints=[1, 2]']
    const others = ['teachers.1.training.epochs=1', 'teachers.2.training.epochs=1']
    const words = ['--out', join(folder, 'example'), '--json', ...quickly, ...recipes, ...others]
    const run = await runKd(['distill', example, ...words])
    expect(run.exitCode, run.err).toBe(0)
    const updates = (await lines('example')).filter(({ kind }) => kind === 'method')
    const weightsOf = (figures: object): string[] =>
      Object.keys(figures).filter((name) => name.endsWith('Weight'))
    expect(updates.map(({ epoch, figures }) => [epoch, weightsOf(figures).length])).toEqual([[5, 5]])
  })

  it('distils a student from its own architecture, with all that can be put around a mix', async () => {
    const teachers = 'teachers=[{model: {name: mlp, hiddenUnits: [4]}, training: {epochs: 1}}]'
    const around =
      'method={name: adaptive-mixing, variant: alm-kd, every: 1, warmUpEpochs: 1, validationBatchSize: all, lookAhead: network, dropTeachers: 0.25, superLoss: {}, reviseTeacher: {}}'
    const run = await distill('self', teachers, around, 'training.epochs=2')
    expect(run.exitCode, run.err).toBe(0)
    expect((await lines('self')).filter(({ kind }) => kind === 'method')).toHaveLength(1)
  })

  it.each([
    'fixed-mixing',
    'meta-weight-net',
    'uncertainty-weighting',
    'grad-norm',
    'curriculum-temperature',
  ])('runs %s with as many teachers as there are', async (name) => {
    const few = name === 'curriculum-temperature' ? ['teachers.0.checkpoints=[3]'] : []
    const run = await distill(name, `method={name: ${name}}`, 'training.epochs=1', ...few)
    expect(run.exitCode, run.err).toBe(0)
    await expect(readFile(join(folder, name, 'examples.csv'))).rejects.toThrow('ENOENT')
  })

  it('makes a chain of teacher assistants of several runs', async () => {
    const assistant = await distill('assistant', 'method={name: vanilla-kd}', 'student.model.hiddenUnits=[6]')
    expect(assistant.exitCode, assistant.err).toBe(0)
    const run = await distill(
      'student',
      `teachers=[{run: ${join(folder, 'assistant')}}]`,
      'training.epochs=1',
    )
    expect(run.exitCode, run.err).toBe(0)
  })

  it('puts around a mix what its config asks for', () => {
    expect(nameOf({ name: 'fixed-mixing', dropTeachers: 0.1 })).toBe('dropped-fixed-mixing')
    expect(nameOf({ name: 'fixed-mixing', superLoss: {}, reviseTeacher: {} })).toBe(
      'super-revised-fixed-mixing',
    )
    expect(nameOf({ name: 'adaptive-mixing', dropTeachers: 0, superLoss: {} })).toBe(
      'super-dropped-adaptive-mixing',
    )
  })

  it.each([
    ['dataset.validation=0', 'dataset must have a validation split for adaptive-mixing, got none'],
    ['method.preset=cifar', 'method.preset must be'],
    ['method.stepSize=0', 'method.stepSize'],
    ['teachers.0.checkpoints=[3, 1]', 'must have rising checkpoints, got 3, 1'],
    ['teachers.0.checkpoints=[4]', 'must have checkpoints within its 3 epochs, got 4'],
    ['teachers=[]', 'error teachers must be at least 1 for adaptive-mixing, got 0; kd train needs none'],
  ])('refuses %s before training', async (override, message) => {
    const run = await distill(`bad-${override.length}`, override)
    expect(run.exitCode).not.toBe(0)
    expect(run.err).toContain(message)
    expect(run.err).not.toContain('epoch 1/')
  })
})
