import * as tf from '@tensorflow/tfjs-core'
import { activationOf, type Convolution, type Dense } from './layers.js'
import type { Padding } from './plan-step.js'
import { runKernel } from './run-kernel.js'

type Window = Readonly<{
  strides: [number, number]
  pad: 'same' | 'valid' | tf.backend_util.ExplicitPadding
  dilations: [number, number]
}>
type Rectified = Readonly<{ activation: 'linear' | 'relu' }>

/**
 * Registers layers with weights as one kernel each, with gradients: `KdConvolution` and `KdDense`, with bias and relu.
 */
export function registerWeightedLayerKernels(): void {
  // The fused kernels of TensorFlow.js under names of our own, because its gradients belong to the composition.
  for (const [name, fused] of [
    ['KdConvolution', 'FusedConv2D'],
    ['KdDense', '_FusedMatMul'],
  ] as const) {
    tf.registerKernel({
      kernelName: name,
      backendName: 'native',
      kernelFunc: (call) => tf.getKernel(fused, 'native').kernelFunc(call),
    })
  }
  tf.registerGradient({
    kernelName: 'KdConvolution',
    inputsToSave: ['x', 'filter'],
    outputsToSave: [true],
    gradFunc: (dy, [x, filter, y], attributes) => {
      const { strides, pad, activation } = attributes as unknown as Window & Rectified
      const dz = beforeActivation(dy as tf.Tensor, y!, activation)
      const window = { strides, pad, dataFormat: 'NHWC' }
      return {
        x: () =>
          runKernel('Conv2DBackpropInput', { dy: dz, filter: filter! }, { ...window, inputShape: x!.shape }),
        filter: () =>
          runKernel('Conv2DBackpropFilter', { x: x!, dy: dz }, { ...window, filterShape: filter!.shape }),
        bias: () => tf.sum(dz, [0, 1, 2]),
      }
    },
  })
  tf.registerGradient({
    kernelName: 'KdDense',
    inputsToSave: ['a', 'b'],
    outputsToSave: [true],
    gradFunc: (dy, [a, b, y], attributes) => {
      const dz = beforeActivation(dy as tf.Tensor, y!, (attributes as unknown as Rectified).activation)
      return {
        a: () => tf.matMul(dz, b!, false, true),
        b: () => tf.matMul(a!, dz, true, false),
        bias: () => tf.sum(dz, 0),
      }
    },
  })
}

function beforeActivation(dy: tf.Tensor, y: tf.Tensor, activation: string): tf.Tensor {
  return activation === 'relu' ? runKernel('KdActivationGrad', { dy, y }, { operation: 'reluGrad' }) : dy
}

/** Whether {@link convolve} takes a layer and its input. */
export function canConvolve(layer: Convolution, x: tf.Tensor): boolean {
  return (
    x.rank === 4 &&
    x.dtype === 'float32' &&
    x.size > 0 &&
    layer.dataFormat === 'channelsLast' &&
    (layer.padding === 'same' || layer.padding === 'valid') &&
    ['linear', 'relu'].includes(activationOf(layer))
  )
}

/** Whether its gradient is one that TensorFlow.js lacks. */
export function isDilated(layer: Convolution): boolean {
  return windowOf(layer).dilations.some((dilation) => dilation !== 1)
}

/** Whether each channel has a filter of its own. */
export function isDepthwise(layer: Convolution): boolean {
  return layer.depthwiseKernel != null
}

/**
 * @param layer - a convolution
 * @param padding - of a layer before it, whose zeros the convolution can do without, as it is 'valid' itself
 * @returns how its window moves
 */
export function windowOf(layer: Convolution, padding?: Padding): Window {
  // The depthwise layer of tfjs-layers has dilations and does not use them.
  const dilation = isDepthwise(layer) ? 1 : layer.dilationRate
  const dilations = Array.isArray(dilation) ? dilation : [dilation, dilation]
  const pad = padding === undefined ? (layer.padding as 'same' | 'valid') : padded(padding)
  return { strides: layer.strides, pad, dilations: dilations as [number, number] }
}

function padded([rows, columns]: Padding): tf.backend_util.ExplicitPadding {
  return [[0, 0], [...rows], [...columns], [0, 0]]
}

/**
 * A Conv2D layer as one kernel, whose gradient computes only what is asked for: nobody wants the first layer's input's.
 *
 * @param layer - for which {@link canConvolve} holds, not dilated
 * @param x - its input
 * @param relu - whether one follows that is not the layer's own
 * @param padding - of a layer before it that is left out
 * @returns the output
 */
export function convolve(layer: Convolution, x: tf.Tensor, relu: boolean, padding?: Padding): tf.Tensor {
  const activation = relu ? 'relu' : activationOf(layer)
  const bias = layer.bias == null ? {} : { bias: layer.bias.read() }
  const inputs = { x, filter: layer.kernel!.read(), ...bias }
  return runKernel('KdConvolution', inputs, { ...windowOf(layer, padding), dataFormat: 'NHWC', activation })
}

/** Whether {@link multiply} takes a layer and its input. */
export function canMultiply(layer: Dense, x: tf.Tensor): boolean {
  return x.rank === 2 && x.dtype === 'float32' && ['linear', 'relu'].includes(activationOf(layer))
}

/** A Dense layer of a table as one kernel; its activation is linear or relu. */
export function multiply(layer: Dense, x: tf.Tensor): tf.Tensor {
  const bias = layer.bias == null ? {} : { bias: layer.bias.read() }
  const inputs = { a: x, b: layer.kernel.read(), ...bias }
  const attributes = { transposeA: false, transposeB: false, activation: activationOf(layer) }
  return runKernel('KdDense', inputs, attributes)
}
