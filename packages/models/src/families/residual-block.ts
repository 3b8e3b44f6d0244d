import { InvalidArgumentError, type RandomSource } from '@kd/core'
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { padChannels } from '../building-blocks/channels.js'
import { convolution } from '../building-blocks/convolutions.js'
import { batchNormalization, connect, relu, sum } from '../building-blocks/layers.js'

/** Options of {@link basicBlock}. */
interface BasicBlockOptions {
  /** The prefix of the names of its layers. */
  readonly name: string
  /** The name of its last layer. */
  readonly outputName: string
  readonly filters: number
  readonly strides: number
  readonly shortcut: ResnetShortcut
  readonly random: RandomSource
}

/** Adds the block relu(bn(conv(relu(bn(conv(x))))) + shortcut(x)); its convolutions are 3×3, the first has the strides. */
export function basicBlock(input: SymbolicTensor, options: BasicBlockOptions): SymbolicTensor {
  const { name, outputName, filters, strides, shortcut, random } = options
  const first = convolution(input, { name: `${name}_conv1`, filters, strides, random })
  const hidden = relu(batchNormalization(first, `${name}_bn1`), `${name}_relu1`)
  const second = convolution(hidden, { name: `${name}_conv2`, filters, random })
  const residual = batchNormalization(second, `${name}_bn2`)
  const passed = resnetShortcut(input, { name: `${name}_shortcut`, filters, strides, shortcut, random })
  return relu(sum([residual, passed], `${name}_sum`), outputName)
}

/**
 * How a residual block that changes the shape passes its input on: `'padding'` takes every second pixel and adds zero
 * channels (option A of the ResNet paper), `'projection'` learns a 1×1 convolution with batch normalisation (option B).
 */
export type ResnetShortcut = 'padding' | 'projection'

/** Options of {@link resnetShortcut}. */
interface ResnetShortcutOptions {
  readonly name: string
  readonly filters: number
  readonly strides: number
  readonly shortcut: ResnetShortcut
  readonly random: RandomSource
}

/** Returns the input as it is where the block keeps its shape, else brings it to the new shape in the chosen way. */
function resnetShortcut(input: SymbolicTensor, options: ResnetShortcutOptions): SymbolicTensor {
  const { name, filters, strides, shortcut, random } = options
  const added = filters - input.shape.at(-1)!
  if (strides === 1 && added === 0) return input
  if (shortcut === 'projection') {
    const projected = convolution(input, { name: `${name}_conv`, filters, kernelSize: 1, strides, random })
    return batchNormalization(projected, `${name}_bn`)
  }
  if (added < 0) {
    throw new InvalidArgumentError(
      `cifarResnet: widths must not fall from stage to stage with shortcut 'padding', got ${filters} after ${filters - added}`,
      { hint: "use shortcut: 'projection'" },
    )
  }
  const before = Math.floor(added / 2)
  return padChannels(subsample(input, strides, `${name}_subsample`), before, added - before, name)
}

/** Takes every `strides`-th pixel of each axis; pooling over single pixels is the stock layer that does this. */
function subsample(input: SymbolicTensor, strides: number, name: string): SymbolicTensor {
  if (strides === 1) return input
  return connect(layers.averagePooling2d({ name, poolSize: 1, strides, padding: 'valid' }), input)
}
