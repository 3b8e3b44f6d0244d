import { selectEngine } from '@kd/core'
import * as models from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import {
  input,
  layers,
  model,
  sequential,
  type LayersModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeOnnx } from '../describe-onnx.js'
import { greatestError, runOnnx } from '../testing/run-onnx.js'
import { randomInputs, shakeWeights } from '../testing/tfjs-models.js'
import { exportOnnx } from './export-onnx.js'

beforeAll(async () => {
  await selectEngine('cpu')
})

const small = { inputShape: [8, 8, 3], classes: 5, seed: 1 }
const families: [name: string, make: () => LayersModel][] = [
  ['mlp', () => models.mlp({ inputShape: [6], hiddenUnits: [7, 5], classes: 3 })],
  ['smallCnn', () => models.smallCnn(small)],
  ['cifarResnet', () => models.cifarResnet({ ...small, depth: 8 })],
  ['cifarResnet with projections', () => models.cifarResnet({ ...small, depth: 8, shortcut: 'projection' })],
  ['resnet8x4', () => models.resnet8x4(small)],
  ['wideResnet', () => models.wideResnet({ ...small, depth: 10, widthFactor: 1 })],
  ['vgg', () => models.vgg({ ...small, inputShape: [32, 32, 3], depth: 8 })],
  ['mobilenetV2', () => models.mobilenetV2({ ...small, inputShape: [8, 8, 3] })],
  ['shufflenetV1', () => models.shufflenetV1({ ...small, inputShape: [8, 8, 3] })],
  ['shufflenetV2', () => models.shufflenetV2({ ...small, inputShape: [8, 8, 3] })],
]

async function errorOf(network: LayersModel, count = 2): Promise<number> {
  const inputs = randomInputs(network, count, 3)
  const expected = network.predict(inputs) as tf.Tensor
  const error = greatestError(await runOnnx(await exportOnnx(network), inputs), expected.dataSync())
  tf.dispose([inputs, expected])
  return error
}

describe('exportOnnx', () => {
  it.each(families)('writes %s, and the runtime gives the same logits', async (_name, make) => {
    const network = make()
    shakeWeights(network, 7)
    expect(await errorOf(network)).toBeLessThanOrEqual(1e-5)
  })

  it('writes random networks', async () => {
    await fc.assert(
      fc.asyncProperty(networks, async (choices) => {
        const network = randomNetwork(choices)
        shakeWeights(network, choices.seed)
        expect(await errorOf(network)).toBeLessThanOrEqual(1e-5)
        network.dispose()
      }),
      { numRuns: 40, seed: 15 },
    )
  }, 120_000)

  it('puts normalisation and a softmax into the graph, and says what it was told', async () => {
    const network = models.smallCnn(small)
    const normalization = { mean: [1, 2, 3], standardDeviation: [2, 4, 0.5] }
    const classNames = ['a', 'b', 'c', 'd', 'e']
    const file = await exportOnnx(network, {
      normalization,
      normalize: true,
      softmax: true,
      classNames,
      metadata: { source_run: 'runs/1' },
    })
    const inputs = randomInputs(network, 3, 5)
    const normalized = tf.div(tf.sub(inputs, normalization.mean), normalization.standardDeviation)
    const expected = tf.softmax(network.predict(normalized) as tf.Tensor)
    expect(greatestError(await runOnnx(file, inputs), expected.dataSync())).toBeLessThan(1e-6)
    const { metadata, outputs, inputs: given } = describeOnnx(file)
    expect(JSON.parse(metadata['class_names']!)).toEqual(classNames)
    expect(JSON.parse(metadata['normalization']!)).toEqual(normalization)
    expect(metadata).toMatchObject({ source_run: 'runs/1', layout: 'nhwc', normalization_in_graph: 'true' })
    expect(outputs).toEqual([{ name: 'probabilities', elementType: 1, shape: [null, 5] }])
    expect(given).toEqual([{ name: 'input', elementType: 1, shape: [null, 8, 8, 3] }])
  })

  it('takes models within models, and layers that are used twice', async () => {
    const inner = sequential({
      layers: [layers.dense({ name: 'same', units: 4, activation: 'tanh', inputShape: [4] })],
    })
    const start = input({ shape: [4] })
    const shared = layers.dense({ name: 'same', units: 4, activation: 'relu' })
    const once = shared.apply(inner.apply(start)) as SymbolicTensor
    const twice = shared.apply(once) as SymbolicTensor
    const merged = layers.add().apply([once, twice, start]) as SymbolicTensor
    expect(await errorOf(model({ inputs: start, outputs: merged }))).toBeLessThanOrEqual(1e-6)
  })

  it.each([
    [
      'a kind',
      () => layers.layerNormalization({ name: 'odd' }),
      'layer odd must be of a kind that ONNX export knows, got LayerNormalization',
    ],
    [
      'an axis',
      () => layers.batchNormalization({ name: 'odd', axis: 1 }),
      'layer odd must normalise the last axis, got axis 1',
    ],
    [
      'an order',
      () => layers.maxPooling2d({ name: 'odd', poolSize: 2, dataFormat: 'channelsFirst' }),
      'layer odd must have its channels last, got dataFormat channelsFirst',
    ],
  ])('names the layer of %s that it does not know', async (_what, make, message) => {
    const start = input({ shape: [4, 4, 2] })
    const network = model({ inputs: start, outputs: make().apply(start) as SymbolicTensor })
    await expect(exportOnnx(network)).rejects.toThrow(message)
  })

  it('refuses normalize without normalization, and a deviation of 0', async () => {
    const network = models.mlp({ inputShape: [2], hiddenUnits: [], classes: 2 })
    await expect(exportOnnx(network, { normalize: true })).rejects.toThrow(
      'normalize must come with normalization',
    )
    await expect(
      exportOnnx(network, { normalization: { mean: [0], standardDeviation: [0] } }),
    ).rejects.toThrow('normalization.standardDeviation must be > 0')
  })
})

const activations = [
  ...['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'softplus', 'softsign'],
  ...['tanh', 'softmax', 'swish', 'mish'],
] as const
const networks = fc.record({
  seed: fc.integer({ min: 1, max: 1000 }),
  height: fc.integer({ min: 5, max: 9 }),
  width: fc.integer({ min: 5, max: 9 }),
  channels: fc.integer({ min: 1, max: 3 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  multiplier: fc.integer({ min: 1, max: 2 }),
  padding: fc.constantFrom('same' as const, 'valid' as const),
  activation: fc.constantFrom(...activations),
  pool: fc.constantFrom('max' as const, 'average' as const),
  poolStride: fc.integer({ min: 1, max: 3 }),
  useBias: fc.boolean(),
  scale: fc.boolean(),
  center: fc.boolean(),
  end: fc.constantFrom(
    'flatten' as const,
    'mean' as const,
    'max' as const,
    'permute' as const,
    'dense' as const,
  ),
})
type Choices = typeof networks extends fc.Arbitrary<infer Value> ? Value : never

/** Convolutions of both kinds, normalisation, padding, pooling, a branch and one of several ends. */
function randomNetwork(choices: Choices): LayersModel {
  const { padding, useBias, stride, pool, activation } = choices
  // TensorFlow.js knows either strides or dilation.
  const dilationRate = stride === 1 ? choices.dilation : 1
  const start = input({ shape: [choices.height, choices.width, choices.channels] })
  const apply = (layer: { apply(x: SymbolicTensor): unknown }, value: SymbolicTensor): SymbolicTensor =>
    layer.apply(value) as SymbolicTensor
  const border = layers.zeroPadding2d({
    padding: [
      [1, 5],
      [4, 2],
    ],
  })
  let value = apply(border, start)
  value = apply(
    layers.conv2d({
      filters: 4,
      kernelSize: [...choices.kernel],
      strides: stride,
      dilationRate,
      padding,
      useBias,
      activation,
    }),
    value,
  )
  value = apply(
    layers.batchNormalization({ scale: choices.scale, center: choices.center, epsilon: 1e-3 }),
    value,
  )
  const kernelSize = Math.min(choices.kernel[0], Number(value.shape[1]), Number(value.shape[2]))
  value = apply(
    layers.depthwiseConv2d({ kernelSize, depthMultiplier: choices.multiplier, padding, useBias }),
    value,
  )
  const other = apply(layers.activation({ activation }), value)
  value = layers.concatenate().apply([value, other]) as SymbolicTensor
  const poolSize = Math.min(2, Number(value.shape[1]), Number(value.shape[2]))
  const pooling = { poolSize, strides: choices.poolStride, padding }
  value = apply(pool === 'max' ? layers.maxPooling2d(pooling) : layers.averagePooling2d(pooling), value)
  if (choices.end === 'mean') value = apply(layers.globalAveragePooling2d({}), value)
  else if (choices.end === 'max') value = apply(layers.globalMaxPooling2d({}), value)
  else {
    if (choices.end === 'permute') value = apply(layers.permute({ dims: [3, 1, 2] }), value)
    if (choices.end === 'dense') value = apply(layers.dense({ units: 3, activation }), value)
    value = apply(layers.flatten(), value)
  }
  const logits = apply(layers.dense({ units: 3 }), apply(layers.dropout({ rate: 0.5 }), value))
  return model({ inputs: start, outputs: logits })
}
