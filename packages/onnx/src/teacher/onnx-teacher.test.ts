import { readFile } from 'node:fs/promises'
import { distill, evaluate, selectEngine, sgd, train, type Dataset, type Question } from '@kd/core'
import { loadDataset } from '@kd/datasets'
import { fitnetHint } from '@kd/features'
import { mlp, smallCnn } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { exportOnnx } from '../export/export-onnx.js'
import { createSession, loadRuntime } from '../runtime.js'
import { greatestError } from '../testing/run-onnx.js'
import { onnxTeacher } from './onnx-teacher.js'

interface Golden {
  readonly inputShape: number[]
  readonly inputs: number[]
  readonly logits: number[]
  readonly features: Readonly<Record<string, { shape: number[]; values: number[] }>>
}

const folder = new URL('../testing/', import.meta.url)
const file = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(new URL(name, folder)))
let golden: Golden

beforeAll(async () => {
  await selectEngine('cpu')
  golden = JSON.parse(await readFile(new URL('torch.golden.json', folder), 'utf8')) as Golden
})

const images: Pick<Dataset, 'inputShape' | 'classNames' | 'normalization'> = {
  inputShape: [8, 8, 3],
  classNames: ['a', 'b', 'c', 'd', 'e'],
  normalization: { mean: [0], standardDeviation: [1] },
}

function question(
  features: readonly string[] = [],
  inputs = tf.tensor(golden.inputs, golden.inputShape),
): Question {
  return { view: 'clean', inputs, ids: Int32Array.of(0, 1, 2), split: 'train', features }
}

describe('onnxTeacher', () => {
  it.each(['torch-dynamo.onnx', 'torch-script.onnx', 'torch-softmax.onnx', 'torch-batch-of-1.onnx'])(
    'gives the logits and features of PyTorch from %s',
    async (name) => {
      const teacher = await onnxTeacher(await file(name), { dataset: images })
      const { logits, features } = await teacher.answer(question(Object.keys(golden.features)))
      expect(greatestError(logits.dataSync(), golden.logits)).toBeLessThan(1e-5)
      for (const [feature, { shape, values }] of Object.entries(golden.features)) {
        expect(features[feature]!.shape, feature).toEqual(shape)
        expect(greatestError(features[feature]!.dataSync(), values), feature).toBeLessThan(1e-5)
      }
      teacher.dispose()
    },
  )

  it('takes temperature times the logarithm of probabilities', async () => {
    const teacher = await onnxTeacher(await file('torch-softmax.onnx'), {
      dataset: images,
      probabilities: true,
      temperature: 2,
    })
    const { logits } = await teacher.answer(question())
    const expected = tf.mul(2, tf.logSoftmax(tf.tensor(golden.logits, [3, 5])))
    expect(greatestError(logits.dataSync(), expected.dataSync())).toBeLessThan(1e-5)
  })

  it('takes its classes in the order and number that the map says', async () => {
    const classes = [4, 0, 2]
    const dataset = { ...images, classNames: ['x', 'y', 'z'] }
    const teacher = await onnxTeacher(await file('torch-script.onnx'), { dataset, classes })
    const { logits } = await teacher.answer(question())
    const expected = [0, 1, 2].flatMap((row) => classes.map((column) => golden.logits[row * 5 + column]!))
    expect(greatestError(logits.dataSync(), expected)).toBeLessThan(1e-5)
  })

  it('normalises inputs as the teacher needs them', async () => {
    const normalization = { mean: [10, 20, 30], standardDeviation: [2, 3, 4] }
    const own = { mean: [1], standardDeviation: [5] }
    const stored = tf.add(
      tf.mul(tf.tensor(golden.inputs, golden.inputShape), normalization.standardDeviation),
      normalization.mean,
    )
    const teacher = await onnxTeacher(await file('torch-script.onnx'), {
      dataset: { ...images, normalization: own },
      normalization,
    })
    const { logits } = await teacher.answer(
      question([], tf.div(tf.sub(stored, own.mean), own.standardDeviation)),
    )
    expect(greatestError(logits.dataSync(), golden.logits)).toBeLessThan(1e-4)
  })

  it('takes a session, which shows its outputs alone', async () => {
    const runtime = await loadRuntime('test')
    const session = await createSession(runtime, await file('torch-script.onnx'), 1, 'test')
    const teacher = await onnxTeacher(session, { dataset: images })
    const { logits } = await teacher.answer(question())
    expect(greatestError(logits.dataSync(), golden.logits)).toBeLessThan(1e-5)
    await expect(onnxTeacher(session, { features: { hint: 'inner' } })).rejects.toThrow(
      'tensor must be an output of the session, got inner',
    )
    await session.release?.()
  })

  it.each([
    [
      'another class count',
      { dataset: { ...images, classNames: ['a', 'b'] } },
      'know the 2 classes of the data set, got 5',
    ],
    [
      'another input shape',
      { dataset: { ...images, inputShape: [9, 9, 3] } },
      'must take images of [9, 9, 3]',
    ],
    ['a class that is not there', { classes: [0, 1, 2, 3, 5], dataset: images }, 'classes must be < 5'],
    ['a class twice', { classes: [0, 0] }, 'classes must be different integers'],
    ['an unknown feature', { features: { hint: 'nowhere' } }, 'tensor must be one of the graph, got nowhere'],
    ['an unknown input', { input: 'nowhere' }, 'got nowhere of pixels'],
    ['a temperature of logits', { temperature: 2 }, 'temperature must come with probabilities: true'],
    [
      'a normalisation without a data set',
      { normalization: images.normalization },
      'normalization must come with dataset',
    ],
    [
      'logits called probabilities',
      { probabilities: true, dataset: images },
      'must give probabilities in [0, 1]',
    ],
  ])('refuses %s before a run', async (_what, options, message) => {
    await expect(onnxTeacher(await file('torch-script.onnx'), options)).rejects.toThrow(message)
  })

  it('says which features it has when asked for another', async () => {
    const teacher = await onnxTeacher(await file('torch-script.onnx'))
    await expect(Promise.resolve(teacher.answer(question(['nowhere'])))).rejects.toThrow('got nowhere')
    expect(teacher.features).toEqual(expect.arrayContaining(['stage1', 'stage3', 'penultimate']))
  })

  it('teaches the digits, with a hint from an inner node', async () => {
    const dataset = await loadDataset({ name: 'digits' })
    const big = mlp({ inputShape: dataset.inputShape, hiddenUnits: [64, 32], classes: 10, seed: 1 })
    const shared = {
      dataset,
      epochs: 6,
      batchSize: 64,
      optimizer: sgd({ momentum: 0.9 }),
      learningRate: 0.05,
    }
    await train({ ...shared, model: big })
    const teacher = await onnxTeacher(await exportOnnx(big), { dataset })
    const student = mlp({ inputShape: dataset.inputShape, hiddenUnits: [16], classes: 10, seed: 2 })
    const result = await distill({
      ...shared,
      student,
      teachers: [teacher],
      method: fitnetHint({ hintWeight: 1 }),
    })
    const hints = result.history.map((epoch) => epoch.train.parts['hint']!)
    expect(hints.at(-1)!).toBeLessThan(hints[0]! / 2)
    const { top1 } = await evaluate(student, dataset)
    expect(top1).toBeGreaterThan(0.85)
    teacher.dispose()
  }, 120_000)
})

it('leaves no tensor behind but its answer', async () => {
  const network = smallCnn({ inputShape: [8, 8, 1], classes: 3 })
  const teacher = await onnxTeacher(await exportOnnx(network))
  const inputs = tf.zeros([2, 8, 8, 1])
  const before = tf.memory().numTensors
  const { logits } = await teacher.answer(question([], inputs))
  expect(tf.memory().numTensors).toBe(before + 1)
  tf.dispose([inputs, logits])
})
