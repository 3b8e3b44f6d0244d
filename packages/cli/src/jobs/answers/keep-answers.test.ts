import {
  copyFile,
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigInput, TeacherInput } from '../../config/config-schema.js'
import { runDistillation, runTraining } from '../../run/run-distillation.js'
import type { RunProgress } from '../../run/log/run-progress.js'
import { decodeManifest } from '../../run/answers/answer-manifest.js'
import { keepAnswers, type KeepAnswersOptions, type KeepAnswersResult } from './keep-answers.js'

let folder: string
/** A run whose student is the teacher: it need not be trained to be asked. */
let run: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-answers-'))
  run = join(folder, 'teacher')
  await runTraining({ ...config, student: { model: recipe.model } }, { out: run })
})
afterAll(() => rm(folder, { recursive: true }))

const recipe = {
  model: { name: 'mlp', hiddenUnits: [16] },
  training: { epochs: 2 },
} satisfies TeacherInput
const config = {
  dataset: { name: 'digits', take: { train: 600, validation: 100, test: 100 } },
  student: { model: { name: 'mlp', hiddenUnits: [8] } },
  method: { name: 'vanilla-kd' },
  training: { epochs: 2 },
  engine: 'cpu',
} satisfies ConfigInput

let runs = 0
const distil = async (change: Partial<ConfigInput>) => {
  const out = join(folder, `run-${++runs}`)
  const { teachers, last, best, ended } = await runDistillation(
    { ...config, teachers: [{ run }], ...change },
    { out },
  )
  const metrics = await readFile(join(out, 'metrics.jsonl'), 'utf8')
  const epochs = metrics.split('\n').filter((line) => line.includes('"kind":"epoch"'))
  return {
    weights: await readFile(join(out, 'student/weights.bin')),
    epochs: epochs.map((line) => line.replace(/"seconds":[\d.e-]+/, '')),
    found: { last, best, ended, teachers: teachers.map(({ train, test }) => ({ train, test })) },
  }
}

const keep = async (options: KeepAnswersOptions, change: Partial<ConfigInput> = {}) => {
  const progress: RunProgress[] = []
  const result = await keepAnswers(
    { ...config, teachers: [{ run }], ...change },
    { ...options, onProgress: (one) => progress.push(one) },
  )
  const messages = progress.flatMap((one) => (one.kind === 'message' ? [one.text] : []))
  const answered = progress.flatMap((one) => (one.kind === 'answered' ? [one] : []))
  return { result, messages, answered, path: result.answers[0]?.folder ?? '' }
}

const answers = (path: string): Partial<ConfigInput> => ({ teachers: [{ answers: path }] })
const shards = async (path: string): Promise<string[]> =>
  (await readdir(path)).filter((name) => name !== 'manifest.json').sort()

describe('answers as float32', () => {
  let path: string
  let kept: { result: KeepAnswersResult; messages: string[]; answered: { examples: number; of: number }[] }
  beforeAll(async () => {
    kept = await keep({ out: join(folder, 'whole'), shardRows: 250 })
    path = kept.result.answers[0]!.folder
  })

  it('are made once, with size and time said before', async () => {
    const { result, messages, answered } = kept
    expect(messages[0]).toBe(
      'answers about 800 examples (train, validation, test) by 1 teacher, 10 logits as float32: 35.2 kB in 5 shards',
    )
    expect(messages[1]).toMatch(/answers-1: 5 shards to do, about \d+ s$/)
    expect(answered.map(({ examples }) => examples)).toEqual([250, 500, 600, 700, 800])
    expect(result).toMatchObject({ ended: 'done', examples: 800, answers: [{ shards: 5, examples: 800 }] })
    expect(result.perSecond).toBeGreaterThan(0)
    const again = await keep({ out: join(folder, 'whole'), shardRows: 250 })
    expect(again.result).toMatchObject({
      ended: 'done',
      examples: 0,
      answers: [{ shards: 5, examples: 800 }],
    })
    expect(again.answered).toEqual([])
  })

  it('teach what the teacher teaches, to the last bit, and report the same of it', async () => {
    const live = await distil({})
    expect(await distil(answers(path))).toEqual(live)
    expect(await distil({ teachers: [{ run, answers: path }] })).toEqual(live)
  })

  it('serve every method of logits, part of the data, wrong labels, and methods that look at held-out examples', async () => {
    const changes: Partial<ConfigInput>[] = [
      { method: { name: 'label-revision', eta: 0.5 }, student: { ...config.student, take: 130 } },
      {
        method: { name: 'meta-weight-net' },
        dataset: { ...config.dataset, labelNoise: { kind: 'symmetric', rate: 0.3 } },
      },
    ]
    for (const change of changes) {
      expect(await distil({ ...change, ...answers(path) })).toEqual(await distil(change))
    }
  })

  it('stand for augmented images only where the config says so', async () => {
    const augmented = { dataset: { ...config.dataset, augmentation: { crop: { padding: 1 } } } } as const
    await expect(distil({ ...augmented, ...answers(path) })).rejects.toThrow(
      /must have no dataset.augmentation beside them/,
    )
    const fixed = { teachers: [{ answers: path, fixed: true }] }
    expect((await distil({ ...augmented, ...fixed })).found.ended).toBe('epochs')
    const mixed = { dataset: { ...config.dataset, augmentation: { mixup: { alpha: 1 } } } } as const
    await expect(distil({ ...mixed, ...fixed })).rejects.toThrow(/dataset.augmentation.mixup/)
  })

  it.each<[string, Partial<ConfigInput>, RegExp]>([
    [
      'other data',
      { dataset: { ...config.dataset, seed: 1 } },
      /train split has the SHA-256 [0-9a-f]{64}, the data have [0-9a-f]{64}/,
    ],
    [
      'another normalization',
      { dataset: { ...config.dataset, normalization: { mean: [0], standardDeviation: [16] } } },
      /normalization is .*4\.8842.*, the data have .*"mean":\[0\]/,
    ],
    [
      'other classes',
      { dataset: { name: 'blobs', examples: 100 } },
      /logits are of so many classes: 10, the data have 8/,
    ],
    ['a train mode', { teacherMode: 'train' }, /answers have no train mode/],
    [
      'features',
      { method: { name: 'vanilla-kd', selection: { fraction: 0.5 } } },
      /must have the layer asked for, got penultimate\n {2}it shows no features/,
    ],
  ])('are refused for %s', async (_, change, message) => {
    const out = join(folder, `run-${runs + 1}`)
    await expect(distil({ ...change, ...answers(path) })).rejects.toThrow(message)
    expect(existsSync(out)).toBe(false)
  })

  it('are refused for another teacher, with both hashes', async () => {
    const model = recipe.model
    const small = { name: 'mlp', hiddenUnits: [8] } as const
    const other = join(folder, 'run-1/student/student.safetensors')
    await expect(distil({ teachers: [{ model: small, weights: other, answers: path }] })).rejects.toThrow(
      /teacher has the weights [0-9a-f]{64}, this one has [0-9a-f]{64}/,
    )
    await expect(distil({ teachers: [{ ...recipe, answers: path }] })).rejects.toThrow(
      /teacher has the recipe none, this one has [0-9a-f]{64}/,
    )
    // Nor is what was there replaced.
    const there = join(folder, 'run-1')
    const before = await readFile(join(there, 'metrics.jsonl'), 'utf8')
    const refused = { ...config, teachers: [{ ...recipe, answers: path }] }
    await expect(runDistillation(refused, { out: there, force: true })).rejects.toThrow('has the recipe none')
    expect(await readFile(join(there, 'metrics.jsonl'), 'utf8')).toBe(before)
    // With the very weights that answered they pass, wherever they lie.
    const weights = join(run, 'student/student.safetensors')
    const same = await distil({ teachers: [{ model, weights, answers: path }] })
    expect(same.weights).toEqual((await distil(answers(path))).weights)
  })

  it('are not mixed with others in one folder, unless they are to be replaced', async () => {
    const out = join(folder, 'other')
    await keep({ out, splits: ['train'] })
    await expect(keep({ out, splits: ['train'], dtype: 'float16' })).rejects.toThrow(
      /holds other answers: logits.dtype is "float32" and was "float16"|logits.dtype is "float16" and was "float32"/,
    )
    const replaced = await keep({ out, splits: ['train'], dtype: 'float16', force: true })
    const manifest = decodeManifest(await readFile(join(replaced.path, 'manifest.json'), 'utf8'))
    expect(manifest.logits).toEqual({ dtype: 'float16' })
    await writeFile(join(out, 'mine.txt'), '')
    await expect(keep({ out })).rejects.toThrow(/got mine.txt in it/)
  })
})

describe('answers that are smaller', () => {
  it('keep to the teacher within what they leave out', async () => {
    const live = await distil({})
    const top1 = (of: typeof live): number => of.found.best!.test!.top1!
    const loss = (of: typeof live): number => of.found.last!.validation!.loss!
    const half = await distil(answers((await keep({ out: join(folder, 'half'), dtype: 'float16' })).path))
    expect(half.weights).not.toEqual(live.weights)
    // Measured: 0.00003 and 0.14 nats of 1.40; at temperature 4 much of what is said is said of the other classes.
    expect(Math.abs(loss(half) - loss(live))).toBeLessThan(0.002)
    const top = await distil(
      answers((await keep({ out: join(folder, 'top'), top: 5, dtype: 'float16' })).path),
    )
    expect(Math.abs(loss(top) - loss(live))).toBeLessThan(0.2)
    expect(Math.abs(top1(half) - top1(live))).toBeLessThanOrEqual(0.01)
    // What is said of the teacher at temperature 1: the label is among the five, or it is far off.
    expect(top.found.teachers[0]!.train.top1).toBe(live.found.teachers[0]!.train.top1)
    expect(Math.abs(top.found.teachers[0]!.train.loss! - live.found.teachers[0]!.train.loss!)).toBeLessThan(
      0.1,
    )
  })

  it.each<[string, KeepAnswersOptions, RegExp]>([
    ['all classes as the greatest', { top: 10 }, /--top must be a whole number below the 10 classes, got 10/],
    ['shards of half a batch', { shardRows: 125 }, /--shard-rows must be a multiple of 250, got 125/],
  ])('refuse %s', async (_, options, message) => {
    await expect(keep({ out: join(folder, 'none'), ...options })).rejects.toThrow(message)
  })
})

describe('answers of several teachers', () => {
  it('lie in a folder for each teacher and each checkpoint', async () => {
    const teachers = [{ ...recipe, checkpoints: [1, 2] }, recipe]
    const method = { name: 'fixed-mixing' } as const
    const { result } = await keep({ out: join(folder, 'several') }, { teachers })
    expect(result.answers.map((one) => one.teacher)).toEqual([
      'mlp after epoch 1',
      'mlp after epoch 2',
      'mlp',
    ])
    const live = await distil({ teachers, method })
    const [first, second, third] = result.answers.map((one) => ({ answers: one.folder }))
    expect(await distil({ teachers: [first!, second!, third!], method })).toEqual(live)
    // Another recipe than the one that answered: its seed is another one.
    await expect(distil({ teachers: [first!, { ...recipe, seed: 9, ...third! }], method })).rejects.toThrow(
      /teacher has the recipe [0-9a-f]{64}, this one has [0-9a-f]{64}/,
    )
    const beside = await distil({ teachers: [first!, { ...recipe, ...third! }], method })
    expect(beside.found.ended).toBe('epochs')
  })

  it.each<[string, Partial<ConfigInput>, RegExp]>([
    ['none', { teachers: [] }, /kd keep-answers must have a teacher, got none/],
    [
      'kept answers',
      { teachers: [{ answers: 'some' }] },
      /kd keep-answers must have a teacher to ask, got kept answers as teachers.0/,
    ],
  ])('need a teacher, not %s', async (_, change, message) => {
    await expect(keep({ out: join(folder, 'none') }, change)).rejects.toThrow(message)
  })
})

describe('answers of another kind', () => {
  const numbers = Array.from({ length: 60 }, (_, row) => [row / 10, (row * 7) % 5])
  const table = {
    task: { name: 'regression' },
    method: { name: 'vanilla-kd' },
    teachers: [{ model: { name: 'mlp', hiddenUnits: [6] }, training: { epochs: 1, batchSize: 16 } }],
    training: { epochs: 1, batchSize: 16 },
  } satisfies Partial<ConfigInput>
  let dataset: ConfigInput['dataset']
  beforeAll(async () => {
    const path = join(folder, 'line.csv')
    await writeFile(path, `a,b,y\n${numbers.map(([a, b]) => `${a},${b},${a! - 2 * b!}`).join('\n')}\n`)
    dataset = { name: 'csv', path, label: 'y', test: 0.2 }
  })

  it('serve another task, say which, and are refused for any other', async () => {
    const { path, result } = await keep({ out: join(folder, 'regression') }, { ...table, dataset })
    expect(result.answers).toMatchObject([{ examples: 60 }])
    const manifest = decodeManifest(await readFile(join(path, 'manifest.json'), 'utf8'))
    expect(manifest.dataset).toMatchObject({ task: 'regression', classNames: ['y'] })
    const live = await distil({ ...table, dataset })
    expect(await distil({ ...table, dataset, ...answers(path) })).toEqual(live)
    await expect(keep({ out: join(folder, 'top'), top: 1 }, { ...table, dataset })).rejects.toThrow(
      '--top must come with the task classification, got regression',
    )
    await expect(distil(answers(path))).rejects.toThrow('task is regression, the data have classification')
  })

  it('may be those of a teacher that a plugin brings', async () => {
    const plugin = join(folder, 'plugin.mjs')
    await writeFile(
      plugin,
      `import * as tf from '@tensorflow/tfjs-core'
       const answer = ({ ids }) => ({ logits: tf.tensor2d([...ids].flatMap((id) => Array.from({ length: 10 }, (_, at) => (at === id % 10 ? 3 : 0))), [ids.length, 10]), features: {} })
       export default { teachers: { 'by-id': ({ name = 'elsewhere' }) => ({ name, features: [], answer }) } }`.replace(
        '@tensorflow/tfjs-core',
        import.meta.resolve('@tensorflow/tfjs-core'),
      ),
    )
    const teachers = [{ teacher: { name: 'by-id' } }]
    const { path, messages } = await keep({ out: join(folder, 'brought') }, { teachers, plugin })
    expect(messages.at(-1)).toMatch(/answers-1: 3 shards to do$/)
    expect(await distil(answers(path))).toEqual(await distil({ teachers, plugin }))
  })
})

describe('keeping answers that was interrupted', () => {
  it('leaves whole shards, refuses to teach, and goes on to the same bytes', async () => {
    const whole = { path: join(folder, 'whole/answers-1') }
    const out = join(folder, 'interrupted')
    const ending = new AbortController()
    const teachers = [{ run }]
    const ended = await keepAnswers(
      { ...config, teachers },
      {
        out,
        shardRows: 250,
        signal: ending.signal,
        onProgress: ({ kind, ...progress }) => {
          if (kind === 'answered' && (progress as { examples: number }).examples === 500) ending.abort()
        },
      },
    )
    const path = join(out, 'answers-1')
    expect(ended).toMatchObject({ ended: 'aborted', answers: [] })
    expect(await shards(path)).toEqual(
      (await shards(whole.path)).filter((name) => /train-0000[01]/.test(name)),
    )
    await expect(distil(answers(path))).rejects.toThrow(/must be complete, got fewer than their 5 shards/)
    const rest = await keep({ out, shardRows: 250 })
    expect(rest.result.examples).toBe(300)
    expect(await shards(path)).toEqual(await shards(whole.path))
    expect(await readFile(join(path, 'manifest.json'))).toEqual(
      await readFile(join(whole.path, 'manifest.json')),
    )
  })

  it.each<[string, (file: string) => Promise<void>, RegExp]>([
    [
      'torn',
      (file) => truncate(file, 500),
      /its 500 bytes must have the SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}/,
    ],
    ['missing', (file) => rm(file), /no such file/],
    [
      'a link',
      async (file) => {
        await rename(file, `${file}.elsewhere`)
        await symlink(`${file}.elsewhere`, file)
      },
      /it is a link/,
    ],
    [
      'that of other answers',
      async (file) => {
        const other = await keep({ out: join(folder, 'foreign'), shardRows: 500 })
        await copyFile(join(other.path, (await shards(other.path))[0]!), file)
      },
      /must have the SHA-256/,
    ],
  ])('names a shard that is %s, and makes it anew', async (what, damage, message) => {
    const out = join(folder, `damaged ${what}`)
    const path = join(out, 'answers-1')
    await cp(join(folder, 'whole'), out, { recursive: true })
    const before = await shards(path)
    const file = join(
      path,
      before.find((name) => name.startsWith('train-00001'))!,
    )
    await damage(file)
    await expect(distil(answers(path))).rejects.toThrow(message)
    const mended = await keep({ out, shardRows: 250 })
    expect(mended.result.examples).toBe(250)
    expect((await shards(path)).filter((name) => !name.endsWith('.elsewhere'))).toEqual(before)
  })

  it('goes on with what an older version has begun, and reads it', async () => {
    const out = join(folder, 'old')
    const path = join(out, 'labels-1')
    await cp(join(folder, 'whole/answers-1'), path, { recursive: true })
    const file = join(path, 'manifest.json')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('kd-answers', 'kd-labels'))
    const found = await distil(answers(path))
    expect(found).toEqual(await distil(answers(join(folder, 'whole/answers-1'))))
    await rm(join(path, (await shards(path))[0]!))
    const rest = await keep({ out, shardRows: 250 })
    expect(rest).toMatchObject({ path, result: { ended: 'done', answers: [{ shards: 5 }] } })
    expect(await shards(path)).toEqual(await shards(join(folder, 'whole/answers-1')))
  })

  it('says where answers are, and what a manifest is not', async () => {
    const out = join(folder, 'whole')
    await expect(distil(answers(out))).rejects.toThrow(
      /got .*whole without manifest.json\n {2}name one of .*answers-1/,
    )
    await expect(distil(answers(join(folder, 'nowhere')))).rejects.toThrow(/make them with kd keep-answers/)
    const path = join(folder, 'no-manifest')
    await keep({ out: path, splits: ['train'] })
    await writeFile(join(path, 'answers-1/manifest.json'), '{')
    await expect(distil(answers(join(path, 'answers-1')))).rejects.toThrow(
      /manifest.json: kept answers: manifest.json must be JSON/,
    )
    await expect(keep({ out: path, splits: ['train'] })).rejects.toThrow(/must be JSON/)
  })
})
