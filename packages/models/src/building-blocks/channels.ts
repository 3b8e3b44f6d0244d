import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { connect, imageShape, reshape } from './layers.js'

/**
 * Adds zero channels on both sides. TensorFlow.js has no such layer, but it pads images, and [H, W, C] is the same memory
 * as an image of H·W rows, C columns and one channel.
 */
export function padChannels(
  input: SymbolicTensor,
  before: number,
  after: number,
  name: string,
): SymbolicTensor {
  const [height, width, channels] = imageShape(input)
  const rows = reshape(input, [height * width, channels, 1], `${name}_rows`)
  const padding: [[number, number], [number, number]] = [
    [0, 0],
    [before, after],
  ]
  const padded = connect(layers.zeroPadding2d({ name: `${name}_zeros`, padding }), rows)
  return reshape(padded, [height, width, before + channels + after], name)
}

/**
 * Takes the channels from `start` to before `end`. TensorFlow.js has no such layer, but it crops images; as in
 * {@link padChannels}, the input is seen as an image of H·W rows and C columns.
 */
export function sliceChannels(
  input: SymbolicTensor,
  start: number,
  end: number,
  name: string,
): SymbolicTensor {
  const [height, width, channels] = imageShape(input)
  const rows = reshape(input, [height * width, channels, 1], `${name}_rows`)
  const cropping: [[number, number], [number, number]] = [
    [0, 0],
    [start, channels - end],
  ]
  const cropped = connect(layers.cropping2D({ name: `${name}_crop`, cropping }), rows)
  return reshape(cropped, [height, width, end - start], name)
}

/** Shuffles channels as ShuffleNet does: channel i of group g goes to place i · groups + g. */
export function shuffleChannels(input: SymbolicTensor, groups: number, name: string): SymbolicTensor {
  const [height, width, channels] = imageShape(input)
  const grouped = reshape(input, [height * width, groups, channels / groups], `${name}_groups`)
  const turned = connect(layers.permute({ name: `${name}_turn`, dims: [1, 3, 2] }), grouped)
  return reshape(turned, [height, width, channels], name)
}
