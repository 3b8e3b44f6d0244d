import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterEach, describe, expect, it } from 'vitest'
import { expectSame, type Snapshot } from '../testing/expect-same.js'
import { loadNative, needsAddon, onBackend } from '../testing/load-native.js'
import { batch, models } from '../testing/models.js'

const native = await loadNative()

describe('model.apply on native', needsAddon(native !== undefined), () => {
  afterEach(() => {
    native!.useFusions(true)
  })

  for (const [name, make] of Object.entries(models)) {
    it(`gives the cpu engine's outputs without a gradient: ${name}`, () => {
      const run = (): Snapshot => outputOf(withStatistics(make()), (model, x) => model.apply(x) as tf.Tensor)
      const wanted = onBackend('cpu', run)
      expectSame(run(), wanted, 2e-5, 2e-5)
      native!.useFusions(false)
      expectSame(run(), wanted, 2e-5, 2e-5)
    }, 120_000)
  }

  it('runs convolutions with what follows them as one kernel, and keeps nothing', async () => {
    const model = models['resnet8']!()
    const { inputs } = batch(2)
    const { kernelNames, newTensors } = await tf.profile(() => model.apply(inputs) as tf.Tensor)
    expect(kernelNames.toSorted()).toEqual([
      'KdFoldedChain',
      'Mean',
      'Reshape',
      '_FusedMatMul',
      'fusedMatMul__op',
    ])
    expect(newTensors).toBe(1)
  })

  it('trains it with one kernel for normalisation, sum and relu, and skips the gradient of the images', async () => {
    const model = models['resnet8']!()
    const { inputs } = batch(2)
    const step = (): tf.Tensor =>
      tf.variableGrads(() => tf.sum<tf.Scalar>(model.apply(inputs, { training: true }) as tf.Tensor)).value
    const counts = await countKernels(step)
    // Nine convolutions and their normalisations; the first convolution's input needs no gradient.
    expect(counts['KdConvolution']).toBe(9)
    expect(counts['Conv2DBackpropFilter']).toBe(9)
    expect(counts['Conv2DBackpropInput']).toBe(8)
    expect(counts['KdBatchNormTraining']).toBe(9)
    expect(counts['Relu']).toBeUndefined()
    expect(counts['Sub']).toBeUndefined()
  })

  it('shows what a block hides to a model that asks for it', () => {
    const features = (model: tfl.LayersModel): tfl.LayersModel =>
      tfl.model({
        inputs: model.inputs,
        outputs: [
          ...model.layers
            .filter((layer) => ['BatchNormalization', 'Add'].includes(layer.getClassName()))
            .map((layer) => layer.output as tfl.SymbolicTensor),
          model.outputs[0]!,
        ],
      })
    for (const training of [false, true]) {
      const run = (): Snapshot[] => {
        const model = features(withStatistics(models['resnet8']!()))
        return (model.apply(batch(2).inputs, { training }) as tf.Tensor[]).map(snapshot)
      }
      const wanted = onBackend('cpu', run)
      run().forEach((found, index) => expectSame(found, wanted[index]!, 2e-5, 2e-5))
    }
  })

  it('keeps gradients of a model that is not in training', () => {
    const gradient = (): Snapshot =>
      outputOf(withStatistics(models['resnet8']!()), (model, x) =>
        tf.grad((at) => tf.sum(tf.square(model.apply(at) as tf.Tensor)))(x),
      )
    expectSame(gradient(), onBackend('cpu', gradient), 1e-4, 1e-4)
  })

  it('takes sums in either order, sums that broadcast, shared layers and nested models', () => {
    const run = (): Snapshot => outputOf(withStatistics(unusual()), (model, x) => model.apply(x) as tf.Tensor)
    const wanted = onBackend('cpu', run)
    expectSame(run(), wanted, 2e-5, 2e-5)
    const train = (): Snapshot =>
      outputOf(unusual(), (model, x) => model.apply(x, { training: true }) as tf.Tensor)
    expectSame(train(), onBackend('cpu', train), 2e-5, 2e-5)
  })

  it('lets NaN and infinity pass', () => {
    const { inputs } = batch(2)
    for (const training of [false, true]) {
      for (const value of [NaN, Infinity]) {
        const spoiled = tf.add(inputs, tf.scalar(value))
        const output = models['resnet8']!().apply(spoiled, { training }) as tf.Tensor
        expect(output.dataSync().every(Number.isNaN)).toBe(true)
      }
    }
  })
})

/** As after some training: averages that are neither 0 nor 1, biases that are not 0. */
function withStatistics(model: tfl.LayersModel): tfl.LayersModel {
  model.weights.forEach((weight, index) => {
    const { shape } = weight
    if (shape.length !== 1) return
    const values = Array.from({ length: shape[0]! }, (_, i) => 0.3 + 0.2 * Math.abs(Math.sin(i + index)))
    weight.write(tf.tensor1d(values))
  })
  return model
}

function outputOf(
  model: tfl.LayersModel,
  run: (model: tfl.LayersModel, x: tf.Tensor) => tf.Tensor,
): Snapshot {
  return snapshot(run(model, batch(3).inputs))
}

function snapshot(tensor: tf.Tensor): Snapshot {
  return { shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync().slice() }
}

async function countKernels(run: () => tf.Tensor): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const { kernels } = await tf.profile(run)
  for (const { name } of kernels) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function unusual(): tfl.LayersModel {
  let seed = 0
  const kernelInitializer = (): ReturnType<typeof tfl.initializers.heNormal> =>
    tfl.initializers.heNormal({ seed: ++seed })
  const conv = (strides: number, dilationRate = 1): tfl.layers.Layer =>
    tfl.layers.conv2d({
      filters: 4,
      kernelSize: 3,
      strides,
      dilationRate,
      padding: 'same',
      kernelInitializer: kernelInitializer(),
    })
  const join = (...parts: tfl.SymbolicTensor[]): tfl.SymbolicTensor =>
    tfl.layers.add().apply(parts) as tfl.SymbolicTensor
  const on = (layer: tfl.layers.Layer, x: tfl.SymbolicTensor): tfl.SymbolicTensor =>
    layer.apply(x) as tfl.SymbolicTensor
  const relu6 = (): tfl.layers.Layer => tfl.layers.reLU({ maxValue: 6 })

  const input = tfl.input({ shape: [12, 12, 3] })
  const shared = tfl.layers.batchNormalization({})
  const a = on(shared, on(conv(1), input))
  const b = on(shared, on(conv(1, 2), input))
  const wide = on(relu6(), join(b, on(tfl.layers.batchNormalization({}), on(conv(1), a))))
  // [N, 1, 1, C], which the sum repeats.
  const pooled = tfl.layers.reshape({ targetShape: [1, 1, 4] })
  const gate = on(pooled, on(tfl.layers.globalAveragePooling2d({}), wide))
  const summed = join(on(tfl.layers.batchNormalization({ axis: -1 }), on(conv(1), wide)), gate)
  const inner = tfl.input({ shape: [12, 12, 4] })
  const nested = tfl.model({
    inputs: inner,
    outputs: on(relu6(), on(tfl.layers.batchNormalization({}), on(conv(2), inner))),
  })
  const twice = join(on(nested, summed), on(nested, wide))
  return tfl.model({ inputs: input, outputs: on(tfl.layers.flatten(), twice) })
}
