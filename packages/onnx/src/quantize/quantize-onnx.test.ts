import { normalizedInputs, selectEngine, sgd, train, type Dataset } from '@kd/core'
import { loadDataset } from '@kd/datasets'
import { cifarResnet, mlp, smallCnn } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, it } from 'vitest'
import { exportOnnx } from '../export/export-onnx.js'
import { readOnnx } from '../file/read-onnx.js'
import { writeOnnx } from '../file/write-onnx.js'
import { greatestError, runOnnx } from '../testing/run-onnx.js'
import { randomInputs, shakeWeights } from '../testing/tfjs-models.js'
import { foldBatchNormalization } from './fold-batch-normalization.js'
import { halfFloat } from './half-float.js'
import { quantizeOnnx } from './quantize-onnx.js'

let dataset: Dataset
let network: LayersModel
let file: Uint8Array
beforeAll(async () => {
  await selectEngine('wasm')
  dataset = await loadDataset({ name: 'digits' })
  network = smallCnn({ inputShape: dataset.inputShape, classes: 10, seed: 1 })
  await train({
    model: network,
    dataset,
    epochs: 3,
    batchSize: 64,
    optimizer: sgd({ momentum: 0.9 }),
    learningRate: 0.05,
  })
  file = await exportOnnx(network)
}, 120_000)

const rows = (count: number): number[] => Array.from({ length: count }, (_, row) => row)

async function accuracyOf(bytes: Uint8Array): Promise<number> {
  const test = dataset.test!
  const count = test.labels.length
  const inputs = tf.tensor(normalizedInputs(dataset, test, rows(count)), [count, ...dataset.inputShape])
  const logits = await runOnnx(bytes, inputs)
  let right = 0
  for (let row = 0; row < count; row++) {
    const own = [...logits.subarray(row * 10, row * 10 + 10)]
    if (own.indexOf(Math.max(...own)) === test.labels[row]) right++
  }
  inputs.dispose()
  return right / count
}

describe('quantizeOnnx', () => {
  it.each([
    ['half weights', { weights: 'float16' } as const, 0.55],
    ['weights of int8', { weights: 'int8' } as const, 0.35],
  ])('keeps the accuracy with %s', async (_name, options, size) => {
    const small = await quantizeOnnx(file, options)
    expect(small.length / file.length).toBeLessThan(size)
    expect(Math.abs((await accuracyOf(small)) - (await accuracyOf(file)))).toBeLessThanOrEqual(0.01)
  })

  it('keeps the accuracy with all in integers', async () => {
    const calibration = [
      normalizedInputs(dataset, dataset.train, rows(128)),
      normalizedInputs(dataset, dataset.train, rows(256).slice(128)),
    ]
    const small = await quantizeOnnx(file, { activations: 'int8', calibration })
    expect(small.length / file.length).toBeLessThan(0.4)
    expect(readOnnx(small).nodes.map(({ operator }) => operator)).toContain('QuantizeLinear')
    expect(Math.abs((await accuracyOf(small)) - (await accuracyOf(file)))).toBeLessThanOrEqual(0.01)
  })

  it('rounds each channel of a kernel by its own scale', async () => {
    const model = mlp({ inputShape: [3], hiddenUnits: [], classes: 2 })
    // One channel of numbers near 1 and one near 10^-3: one scale for both would make the second all zeros.
    model.setWeights([tf.tensor([1, 1e-3, -0.5, 5e-4, 0.25, -1e-3], [3, 2]), tf.zeros([2])])
    const inputs = tf.tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3])
    const logits = await runOnnx(await quantizeOnnx(await exportOnnx(model), { weights: 'int8' }), inputs)
    for (const [index, wanted] of [1, 1e-3, -0.5, 5e-4, 0.25, -1e-3].entries()) {
      expect(Math.abs(logits[index]! - wanted)).toBeLessThanOrEqual((index % 2 === 0 ? 1 : 1e-3) / 254 + 1e-9)
    }
  })

  it('folds batch normalisation without changing the logits', async () => {
    const resnet = cifarResnet({ inputShape: [8, 8, 3], classes: 4, depth: 8 })
    shakeWeights(resnet, 3)
    const inputs = randomInputs(resnet, 2, 1)
    const bytes = await exportOnnx(resnet)
    const folded = foldBatchNormalization(readOnnx(bytes))
    expect(folded.nodes.some(({ operator }) => operator === 'BatchNormalization')).toBe(false)
    expect(
      greatestError(await runOnnx(writeOnnx(folded), inputs), await runOnnx(bytes, inputs)),
    ).toBeLessThan(1e-5)
  })

  it.each([
    ['no examples', { activations: 'int8', calibration: [] }, 'calibration must give examples, got none'],
    [
      'half an example',
      { activations: 'int8', calibration: [new Float32Array(3)] },
      'batches of 64 numbers an example, got 3',
    ],
    ['NaN', { activations: 'int8', calibration: [new Float32Array(64).fill(NaN)] }, 'finite values, got NaN'],
    ['other weights', { weights: 'int4' }, "weights must be 'float16' or 'int8', got int4"],
    ['nothing', {}, 'options must have weights'],
  ])('refuses %s', async (_what, options, message) => {
    await expect(quantizeOnnx(file, options as never)).rejects.toThrow(message)
  })

  it('refuses an old file', async () => {
    const old = writeOnnx({ ...readOnnx(file), opset: 11 })
    await expect(quantizeOnnx(old, { weights: 'int8' })).rejects.toThrow('version 13 or newer, got 11')
  })
})

describe('halfFloat', () => {
  it.each([
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2.5, 0xc100],
    [65504, 0x7bff],
    [6e-8, 0x0001],
    [2 ** -14 - 2 ** -26, 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 - 2 ** -12, 0x4000],
  ])('rounds %d', (value, expected) => {
    expect(halfFloat(value)).toBe(expected)
  })
})
