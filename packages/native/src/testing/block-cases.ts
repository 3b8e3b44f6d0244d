import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { calm, type KernelCase } from './arbitrary-tensors.js'

type Symbolic = tfl.SymbolicTensor

export interface BlockShape {
  readonly channels: number
  readonly filters: number
  readonly size: number
  readonly kernelSize: number
  readonly strides: number
  readonly padding: 'same' | 'valid'
  readonly depthwise: boolean
  readonly useBias: boolean
  readonly ending: 'none' | 'relu' | 'relu6' | 'sum' | 'sum and relu'
}

/** Convolution, normalisation, sum and relu as a model of tfjs-layers, with its gradient for the weights. */
export const block: fc.Arbitrary<KernelCase> = fc
  .record({
    channels: fc.integer({ min: 1, max: 20 }),
    filters: fc.integer({ min: 1, max: 20 }),
    size: fc.integer({ min: 4, max: 9 }),
    kernelSize: fc.integer({ min: 1, max: 4 }),
    strides: fc.integer({ min: 1, max: 3 }),
    padding: fc.constantFrom('same' as const, 'valid' as const),
    depthwise: fc.boolean(),
    useBias: fc.boolean(),
    ending: fc.constantFrom('none', 'relu', 'relu6', 'sum', 'sum and relu'),
  })
  .chain((shape) =>
    fc.tuple(calm([2, shape.size, shape.size, shape.channels]), fc.boolean()).map(
      ([x, training]): KernelCase =>
        () =>
          runBlock(shape, x(), training),
    ),
  )

/** @returns the block's output, or its loss and gradients */
export function runBlock(shape: BlockShape, x: tf.Tensor, training: boolean): tf.Tensor[] {
  const model = blockModel(shape)
  const results = training ? lossAndGradients(model, x) : [model.apply(x) as tf.Tensor]
  model.dispose()
  return results
}

function lossAndGradients(model: tfl.LayersModel, x: tf.Tensor): tf.Tensor[] {
  const loss = (): tf.Scalar => tf.mean<tf.Scalar>(tf.square(model.apply(x, { training: true }) as tf.Tensor))
  const { value, grads } = tf.variableGrads(loss)
  return [value, ...model.trainableWeights.map((weight) => grads[(weight.read() as tf.Variable).name]!)]
}

function blockModel(shape: BlockShape): tfl.LayersModel {
  const { channels, filters, size, kernelSize, strides, padding, depthwise, useBias, ending } = shape
  const on = (layer: tfl.layers.Layer, x: Symbolic): Symbolic => layer.apply(x) as Symbolic
  const convolution = (): tfl.layers.Layer => {
    const window = { kernelSize, strides, padding, useBias }
    return depthwise ? tfl.layers.depthwiseConv2d(window) : tfl.layers.conv2d({ ...window, filters })
  }
  const input = tfl.input({ shape: [size, size, channels] })
  const normalized = on(tfl.layers.batchNormalization({}), on(convolution(), input))
  const summed = ending.startsWith('sum')
    ? (tfl.layers.add().apply([normalized, on(convolution(), input)]) as Symbolic)
    : normalized
  const outputs =
    ending === 'relu6'
      ? on(tfl.layers.reLU({ maxValue: 6 }), summed)
      : ending.endsWith('relu')
        ? on(tfl.layers.activation({ activation: 'relu' }), summed)
        : summed
  const model = tfl.model({ inputs: input, outputs })
  model.weights.forEach((weight, place) => {
    const size = tf.util.sizeFromShape(weight.shape as number[])
    const values = Array.from({ length: size }, (_, index) =>
      weight.shape.length === 1 ? 0.4 + 0.3 * Math.sin(index + place) : Math.sin(index * 12.9898 + place),
    )
    tf.tidy(() => {
      weight.write(tf.tensor(values, weight.shape as number[]))
    })
  })
  return model
}
