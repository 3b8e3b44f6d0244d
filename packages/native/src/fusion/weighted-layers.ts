import * as tf from '@tensorflow/tfjs-core'
import type { NativeBackend } from '../native-backend.js'
import { registerNative, type KernelCall } from '../native-kernel.js'
import { numbers } from '../numbers.js'
import { activationOf, type BatchNormalization, type Convolution, type Dense } from './layers.js'

type Window = Readonly<{ strides: [number, number]; pad: 'same' | 'valid'; dilations: [number, number] }>
type Rectified = Readonly<{ activation: 'linear' | 'relu' }>

/** What follows a convolution and its normalisation: a sum, then a cut to [0, most]. */
export interface Ending {
  readonly residual?: tf.Tensor | undefined
  readonly relu: boolean
  /** 6 for relu6. @defaultValue Infinity */
  readonly most?: number
}
interface FoldedAttributes extends Window {
  readonly kind: 'Conv2D' | 'DepthwiseConv2dNative'
  readonly epsilon: number
  readonly relu: boolean
  readonly most: number
}

/**
 * Registers layers with weights as one kernel each: `KdConvolution` and `KdDense`, which have gradients, with bias and relu;
 * `KdFoldedConvolution`, without, with normalisation, sum and relu.
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
        x: () => run('Conv2DBackpropInput', { dy: dz, filter: filter! }, { ...window, inputShape: x!.shape }),
        filter: () =>
          run('Conv2DBackpropFilter', { x: x!, dy: dz }, { ...window, filterShape: filter!.shape }),
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
  registerNative<FoldedAttributes>('KdFoldedConvolution', foldedConvolution)
}

function beforeActivation(dy: tf.Tensor, y: tf.Tensor, activation: string): tf.Tensor {
  return activation === 'relu' ? run('KdActivationGrad', { dy, y }, { operation: 'reluGrad' }) : dy
}

function foldedConvolution({ inputs, attributes, backend }: KernelCall<FoldedAttributes>): tf.TensorInfo {
  const { x, residual } = inputs
  const { kind, relu, most, strides, pad, dilations } = attributes
  const { filter, bias } = fold(inputs, attributes.epsilon, backend)
  const fused = tf.getKernel(kind === 'Conv2D' ? 'FusedConv2D' : 'FusedDepthwiseConv2D', 'native')
  const y = fused.kernelFunc({
    inputs: { x: x!, filter, bias },
    attrs: { strides, pad, dilations, dataFormat: 'NHWC', activation: 'linear' },
    backend,
  }) as tf.TensorInfo
  backend.disposeIntermediateTensorInfo(filter)
  backend.disposeIntermediateTensorInfo(bias)
  if (residual == null && !relu) return y
  const values = backend.floats(y)
  const added = residual == null ? undefined : backend.floats(residual)
  backend.addon.addRectify(values, added, values, numbers(tf.util.sizeFromShape(y.shape), relu, most))
  return y
}

function fold(
  inputs: KernelCall['inputs'],
  epsilon: number,
  backend: NativeBackend,
): { filter: tf.TensorInfo; bias: tf.TensorInfo } {
  const { filter, bias, gamma, beta, mean, variance } = inputs
  const columns = tf.util.sizeFromShape(mean!.shape)
  const folded = backend.allocate(filter!.shape, 'float32')
  const foldedBias = backend.allocate([columns], 'float32')
  backend.addon.foldBatchNorm(
    backend.floats(filter!),
    bias == null ? undefined : backend.floats(bias),
    gamma == null ? undefined : backend.floats(gamma),
    beta == null ? undefined : backend.floats(beta),
    backend.floats(mean!),
    backend.floats(variance!),
    folded.values,
    foldedBias.values,
    numbers(folded.values.length / columns, columns, epsilon),
  )
  return { filter: folded.info, bias: foldedBias.info }
}

/** Whether {@link convolve} and {@link convolveNormalized} take a layer and its input. */
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

/** The shape of what a layer gives. */
export function convolvedShape(layer: Convolution, x: tf.Tensor): number[] {
  const { strides, pad, dilations } = windowOf(layer)
  const filter = (layer.depthwiseKernel ?? layer.kernel)!.read().shape as [number, number, number, number]
  const depthwise = layer.depthwiseKernel != null
  const shape = x.shape as [number, number, number, number]
  return tf.backend_util.computeConv2DInfo(shape, filter, strides, dilations, pad, undefined, depthwise)
    .outShape
}

function windowOf({ strides, padding, dilationRate, depthwiseKernel }: Convolution): Window {
  // The depthwise layer of tfjs-layers has dilations and does not use them.
  const dilation = depthwiseKernel == null ? dilationRate : 1
  const dilations = Array.isArray(dilation) ? dilation : [dilation, dilation]
  return { strides, pad: padding as Window['pad'], dilations: dilations as [number, number] }
}

/**
 * A Conv2D layer as one kernel, whose gradient computes only what is asked for: nobody wants the first layer's input's.
 *
 * @param layer - for which {@link canConvolve} holds, not dilated
 * @param x - its input
 * @param relu - whether one follows that is not the layer's own
 * @returns the output
 */
export function convolve(layer: Convolution, x: tf.Tensor, relu: boolean): tf.Tensor {
  const activation = relu ? 'relu' : activationOf(layer)
  const bias = layer.bias == null ? {} : { bias: layer.bias.read() }
  const inputs = { x, filter: layer.kernel!.read(), ...bias }
  return run('KdConvolution', inputs, { ...windowOf(layer), dataFormat: 'NHWC', activation })
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
  return run('KdDense', inputs, attributes)
}

/**
 * A convolution, the normalisation of its output by moving averages, and what follows, as one kernel without a gradient. The
 * normalisation goes into filter and bias; what is left is one convolution and one pass for sum and relu.
 */
export function convolveNormalized(
  layer: Convolution,
  norm: BatchNormalization,
  x: tf.Tensor,
  { residual, relu, most = Infinity }: Ending,
): tf.Tensor {
  const optional = {
    residual,
    bias: layer.bias?.read(),
    gamma: norm.gamma?.read(),
    beta: norm.beta?.read(),
  }
  const given = Object.entries(optional).filter((entry): entry is [string, tf.Tensor] => entry[1] != null)
  const inputs = {
    x,
    filter: (layer.depthwiseKernel ?? layer.kernel)!.read(),
    mean: norm.movingMean.read(),
    variance: norm.movingVariance.read(),
    ...Object.fromEntries(given),
  }
  const kind = layer.depthwiseKernel == null ? 'Conv2D' : 'DepthwiseConv2dNative'
  return run('KdFoldedConvolution', inputs, {
    ...windowOf(layer),
    kind,
    epsilon: norm.epsilon,
    relu,
    most,
  })
}

function run(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, unknown>,
): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(name, inputs, attributes as tf.NamedAttrMap)
}
