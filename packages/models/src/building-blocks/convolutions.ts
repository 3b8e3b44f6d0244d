import type { RandomSource } from '@kd/core'
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { sliceChannels } from './channels.js'
import { fanInUniform, fanOutNormal, zeros, type Initialization } from './initialization.js'
import { connect } from './layers.js'

/** Options of {@link convolution}. */
interface ConvolutionOptions {
  readonly name: string
  readonly filters: number
  /** The source of initial weights; it is split by the layer's name, so that layers do not share numbers. */
  readonly random: RandomSource
  /** Height and width of the kernel, an odd number. @defaultValue 3 */
  readonly kernelSize?: number
  /** @defaultValue 1 */
  readonly strides?: number
  /** Whether there is a bias; it starts at zero. @defaultValue false */
  readonly useBias?: boolean
  /** @defaultValue fanOutNormal */
  readonly initialization?: Initialization
}

/** Adds a square convolution with PyTorch's padding of (kernelSize - 1) / 2 on each side. */
export function convolution(input: SymbolicTensor, options: ConvolutionOptions): SymbolicTensor {
  const { name, filters, random, kernelSize = 3, strides = 1, useBias = false } = options
  const { initialization = fanOutNormal } = options
  const fan = {
    fanIn: input.shape.at(-1)! * kernelSize ** 2,
    fanOut: filters * kernelSize ** 2,
  }
  const { padded, padding } = padLikePytorch(input, kernelSize, strides, name)
  const layer = layers.conv2d({
    name,
    filters,
    kernelSize,
    strides,
    padding,
    useBias,
    kernelInitializer: initialization(fan, random.split(name).seed()),
    biasInitializer: zeros(fan, 0),
  })
  return connect(layer, padded)
}

/** Options of {@link depthwiseConvolution}. */
interface DepthwiseConvolutionOptions {
  readonly name: string
  readonly random: RandomSource
  /** @defaultValue 1 */
  readonly strides?: number
  /** @defaultValue fanOutNormal */
  readonly initialization?: Initialization
}

/** Adds a 3×3 convolution of each channel by itself, without bias, padded as PyTorch pads it. */
export function depthwiseConvolution(
  input: SymbolicTensor,
  options: DepthwiseConvolutionOptions,
): SymbolicTensor {
  const { name, random, strides = 1, initialization = fanOutNormal } = options
  // PyTorch does not divide the outgoing connections by the number of groups, and the reference definitions follow it.
  const fan = { fanIn: 9, fanOut: 9 * input.shape.at(-1)! }
  const { padded, padding } = padLikePytorch(input, 3, strides, name)
  const layer = layers.depthwiseConv2d({
    name,
    kernelSize: 3,
    strides,
    padding,
    depthMultiplier: 1,
    useBias: false,
    depthwiseInitializer: initialization(fan, random.split(name).seed()),
  })
  return connect(layer, padded)
}

/** Options of {@link groupedConvolution}. */
interface GroupedConvolutionOptions {
  readonly name: string
  readonly filters: number
  readonly groups: number
  readonly random: RandomSource
}

/**
 * Adds a 1×1 convolution of each group of channels by itself. TensorFlow.js has no such layer, so each group is a
 * convolution of its own between slices and a concatenation.
 */
export function groupedConvolution(
  input: SymbolicTensor,
  options: GroupedConvolutionOptions,
): SymbolicTensor {
  const { name, filters, groups, random } = options
  const shared = { filters: filters / groups, kernelSize: 1, initialization: fanInUniform, random }
  if (groups === 1) return convolution(input, { name, ...shared })
  const size = input.shape.at(-1)! / groups
  const parts = Array.from({ length: groups }, (_, group) => {
    const part = sliceChannels(input, group * size, (group + 1) * size, `${name}_slice${group + 1}`)
    return convolution(part, { name: `${name}_group${group + 1}`, ...shared })
  })
  return connect(layers.concatenate({ name: `${name}_concat` }), parts)
}

/**
 * Pads as PyTorch's `padding = (kernelSize - 1) / 2` does. At stride 1 that is TensorFlow's 'same'; at stride 2 'same'
 * puts nothing at the top and left of an even image, so there a layer of its own adds the zeros.
 */
function padLikePytorch(
  input: SymbolicTensor,
  kernelSize: number,
  strides: number,
  name: string,
): { padded: SymbolicTensor; padding: 'same' | 'valid' } {
  if (kernelSize === 1) return { padded: input, padding: 'valid' }
  if (strides === 1) return { padded: input, padding: 'same' }
  const border = (kernelSize - 1) / 2
  const layer = layers.zeroPadding2d({
    name: `${name}_pad`,
    padding: [
      [border, border],
      [border, border],
    ],
  })
  return { padded: connect(layer, input), padding: 'valid' }
}
