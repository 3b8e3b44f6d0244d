import { randomSource, selectEngine } from '@kd/core'
import { withoutSoftmax } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKd, type KdRun } from '../../testing/run-kd.js'
import { loadModel, saveModel } from './saved-model.js'

interface KerasFile {
  readonly name: string
  readonly file: string
}

let folder: string
const at = (name: string): string => join(folder, name)

/** Four numbers and one of three classes, by the greatest of the first three. */
function table(): string {
  const random = randomSource('rows')
  const rows = Array.from({ length: 200 }, () => {
    const values = Array.from({ length: 4 }, () => 3 * random.normal() + 5)
    return [...values, ['red', 'green', 'blue'][values.slice(0, 3).indexOf(Math.max(...values.slice(0, 3)))]]
  })
  return ['a,b,c,d,kind', ...rows.map((row) => row.join(','))].join('\n')
}

/** A network that knows the classes from numbers as they are in the file, and gives probabilities of five classes. */
function foreign({ softmax = true } = {}): LayersModel {
  const model = sequential({
    layers: [
      layers.dense({ name: 'body', units: 4, inputShape: [4] }),
      layers.batchNormalization({ name: 'norm' }),
      layers.dense({ name: 'head', units: 5, ...(softmax && { activation: 'softmax' as const }) }),
    ],
  })
  const head = [0, 1, 2, 3].map((row) => [3, 0, 1, 2, 4].map((input) => Number(input === row)))
  model.getLayer('body').setWeights([tf.eye(4), tf.zeros([4])])
  model.getLayer('head').setWeights([tf.tensor2d(head), tf.tensor1d([-9, 0, 0, 0, -9])])
  return model
}

async function run(
  command: 'distill' | 'train',
  name: string,
  { teacher = '', student = '{ model: { name: mlp, hiddenUnits: [4] } }' },
  ...words: string[]
): Promise<KdRun> {
  const config = `dataset: { name: csv, path: rows.csv, label: kind, test: 0.2, validation: 0.2 }
student: ${student}
teachers: [${teacher}]
method: { name: vanilla-kd }
training: { epochs: 3, batchSize: 16, learningRate: 0.05 }
engine: cpu
`
  await writeFile(at(`${name}.yaml`), config)
  return runKd([command, at(`${name}.yaml`), '--out', at(name), '--json', ...words])
}

interface Found {
  readonly last: { test: { top1: number } }
  readonly teachers: { model: string; train: { top1: number } }[]
}
const found = (result: KdRun): Found => {
  expect(result.exitCode, result.err).toBe(0)
  return result.json() as unknown as Found
}

const raw = 'normalization: { mean: [0], standardDeviation: [1] }'

beforeAll(async () => {
  await selectEngine('cpu')
  folder = await mkdtemp(join(tmpdir(), 'kd-model-files-'))
  await writeFile(at('rows.csv'), table())
  for (const [name, softmax] of [
    ['foreign', true],
    ['logits', false],
  ] as const) {
    await mkdir(at(name))
    await saveModel(foreign({ softmax }), at(name))
  }
  const goldens = new URL('../../../../models/src/keras/keras-files.golden.json', import.meta.url)
  const { cases } = JSON.parse(await readFile(goldens, 'utf8')) as { cases: KerasFile[] }
  const { file } = cases.find(({ name }) => name === 'nested.keras')!
  await writeFile(at('nested.keras'), Buffer.from(file, 'base64'))
  await writeFile(at('model.pt'), Buffer.from([0x80, 2, 0x7d]))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a teacher from a model file', () => {
  it.each([
    ['its softmax removed', 'softmax: remove'],
    ['probabilities', 'outputs: probabilities'],
  ])('knows the classes by its own normalization and outputs, with %s', async (_, how) => {
    const teacher = `{ model: { file: foreign/model.json }, ${raw}, ${how}, classes: `
    // The table names its classes in the order of the alphabet.
    for (const classes of [
      '[3, 2, 1]',
      '{ red: 1, green: 2, blue: 3 }',
      '[none, red, green, blue, nothing]',
    ]) {
      const { teachers } = found(
        await run('distill', 'taught', { teacher: `${teacher}${classes} }` }, '--force'),
      )
      expect(teachers).toMatchObject([{ train: { top1: 1 } }])
    }
  })

  it('can be a Keras file', async () => {
    const { teachers } = found(
      await run('distill', 'keras', { teacher: `{ model: { file: nested.keras } }` }),
    )
    expect(teachers[0]!.model).toMatch(/./)
  })

  it.each([
    ['{ model: { file: foreign/model.json } }', 'must give logits, got a model that ends in a softmax'],
    ['{ model: { file: logits/model.json } }', 'must give 3 classes for csv, got 5'],
    [
      '{ model: { file: logits/model.json }, classes: [0, 1, 5] }',
      'teachers.0.classes must be outputs below 5, got 5',
    ],
    [
      '{ model: { file: logits/model.json }, classes: [0, 1, 1] }',
      'teachers.0.classes must name each output once, got 1 twice',
    ],
    [
      '{ model: { file: logits/model.json }, classes: { red: 1, green: 2 } }',
      'must name an output for the class blue',
    ],
    ['{ model: { file: logits/model.json }, softmax: remove }', 'must end in a softmax'],
    [
      '{ model: { file: logits/model.json }, classes: [0, 1, 2], outputs: probabilities }',
      'must end in a softmax',
    ],
    ['{ model: { file: logits/model.json }, layout: NCHW }', 'teachers.0.layout must be left out'],
    [`{ model: { file: logits }, classes: [0, 1, 2] }`, 'name the model.json in it'],
    ['{ model: { file: nowhere.keras } }', 'teachers.0.model.file must be a file that can be read, got no'],
    ['{ model: { file: model.pt } }', 'got a pickle of PyTorch or Python'],
    ['{ model: { file: rows.csv } }', 'file must be a .keras archive or an .h5 file'],
  ])('is refused before a run: %s', async (teacher, message) => {
    const refused = await run('distill', 'refused', { teacher })
    expect([refused.exitCode, refused.err]).toEqual([1, expect.stringContaining(message)])
    await expect(stat(at('refused'))).rejects.toThrow('ENOENT')
  })
})

describe('a student from a model file', () => {
  const student = '{ model: { file: foreign/model.json }, head: replace, freeze: true, keep: last }'

  it('keeps what is frozen, and is evaluated and teaches as any other', async () => {
    const { last } = found(await run('train', 'student', { student }))
    expect(last.test.top1).toBeGreaterThan(0.5)
    const model = await loadModel(at('student/student'))
    const start = withoutSoftmax(foreign())
    for (const name of ['body', 'norm']) {
      const [own, first] = [model, start].map((one) =>
        one
          .getLayer(name)
          .getWeights()
          .map((weight) => [...weight.dataSync()]),
      )
      expect(own).toEqual(first)
    }
    const evaluated = await runKd(['evaluate', at('student'), '--json'])
    expect((evaluated.json() as { figures: { top1: number } }).figures.top1).toBeCloseTo(last.test.top1, 6)
    const { teachers } = found(await run('distill', 'second', { teacher: '{ run: student }' }))
    expect(teachers[0]!.train.top1).toBeGreaterThan(0.5)
  })

  it('goes on after an end to the same bits, and notices another file', async () => {
    const whole = await run('train', 'whole', { student })
    expect(whole.exitCode).toBe(0)
    const ending = new AbortController()
    const started = runKd(['train', at('whole.yaml'), '--out', at('halves')], ending.signal)
    for (;;) {
      const log = await readFile(at('halves/metrics.jsonl'), 'utf8').catch(() => '')
      if (log.includes('"epoch"')) break
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    ending.abort()
    await started
    const resumed = await runKd(['train', at('whole.yaml'), '--out', at('halves'), '--resume'])
    expect(resumed.exitCode, resumed.err).toBe(0)
    const [one, other] = await Promise.all(
      ['whole', 'halves'].map((name) => readFile(at(`${name}/student/weights.bin`))),
    )
    expect(one!.equals(other!)).toBe(true)
  })

  it.each([
    ['{ model: { file: logits/model.json } }', 'student.model.file: '],
    [
      '{ model: { file: foreign/model.json }, head: replace, freeze: [nowhere] }',
      'student.freeze: layers must be layers of',
    ],
    [
      '{ model: { file: nowhere.h5 }, head: replace }',
      'student.model.file must be a file that can be read, got no',
    ],
  ])('is refused before a run: %s', async (wrong, message) => {
    const refused = await run('train', 'refused', { student: wrong })
    expect([refused.exitCode, refused.err]).toEqual([1, expect.stringContaining(message)])
  })
})
