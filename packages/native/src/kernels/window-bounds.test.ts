import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { loadNative, needsAddon, onBackend } from '../testing/load-native.js'

const native = await loadNative()

type Pair = [number, number]

const image = (): tf.Tensor4D => tf.ones([1, 5, 4, 2])
const volume = (): tf.Tensor5D => tf.ones([1, 4, 4, 4, 1])
const numbers = (): tf.Tensor4D => tf.reshape(tf.range(0, 40), [1, 5, 4, 2])
const convolution = (strides: number, dilations: Pair, depthwise = false): tf.Tensor =>
  depthwise
    ? tf.depthwiseConv2d(image(), tf.ones([3, 3, 2, 1]), strides, 'same', 'NHWC', dilations)
    : tf.conv2d(image(), tf.ones([3, 3, 2, 2]), strides, 'same', 'NHWC', dilations)

describe('windows on the native engine', needsAddon(native !== undefined), () => {
  it.each<[string, () => tf.Tensor, string]>([
    ['a dilation of 2e9', () => convolution(1, [2e9, 1]), 'convolution: what a window reaches over'],
    ['a dilation of 1e9 across', () => convolution(1, [1, 1e9]), 'convolution: what a window reaches over'],
    ['depthwise', () => convolution(1, [1, 2 ** 30], true), 'convolution: what a window reaches over'],
    ['a stride', () => convolution(2e9, [1, 1]), 'convolution: a stride'],
    [
      'a padding',
      () => tf.conv2d(image(), tf.ones([1, 1, 2, 2]), 1e5, 2e5, 'NHWC', 1, 'floor'),
      'convolution: a stride',
    ],
    [
      'a maximum of 2e9 places',
      () => tf.maxPool(image(), 2e9, 1, 'same'),
      'pooling: what a window reaches over',
    ],
    [
      'a mean of 2e9 places',
      () => tf.avgPool(image(), [1, 2e9], 1, 'same'),
      'pooling: what a window reaches over',
    ],
    [
      'a gradient',
      () => tf.grad((x: tf.Tensor) => tf.sum(tf.maxPool(x as tf.Tensor4D, [2e9, 1], 1, 'same')))(image()),
      'pooling: what a window reaches over',
    ],
  ])('are refused out of bounds, at once: %s', (_, compute, message) => {
    const run = (): unknown => onBackend('native', () => tf.tidy(() => compute().dataSync()))
    expect(run).toThrow(`${message} must be at most 65536, got `)
  })

  it.each<[string, () => tf.Tensor, string]>([
    [
      'a maximum of a volume',
      () => tf.maxPool3d(volume(), [2e9, 1, 2e9], 1, 'same'),
      'filterSize of MaxPool3D',
    ],
    ['a mean of a volume', () => tf.avgPool3d(volume(), 2e9, 1, 'same'), 'filterSize of AvgPool3D'],
    [
      'a maximum with its place',
      () => tf.maxPoolWithArgmax(image(), [2e9, 2e9], 1, 'same')['result']!,
      'filterSize of MaxPoolWithArgmax',
    ],
    [
      'a morphological dilation',
      () => tf.dilation2d(image(), tf.ones([2, 2, 2]), 1, 'same', [2e9, 1]),
      'dilations of Dilation2D',
    ],
  ])('are refused where the cpu engine computes them: %s', (_, compute, message) => {
    const run = (): unknown => onBackend('native', () => tf.tidy(() => compute().dataSync()))
    expect(run).toThrow(`native: ${message} must be at most 65536, got 2000000000`)
  })

  it.each<[string, () => tf.Tensor]>([
    ['a maximum', () => tf.maxPool(numbers(), [60_000, 3], 1, 'same')],
    ['a mean', () => tf.avgPool(numbers(), [60_001, 60_001], 3, 'same')],
    [
      'a gradient',
      () => tf.grad((x: tf.Tensor) => tf.sum(tf.avgPool(x as tf.Tensor4D, 50_000, 1, 'same')))(image()),
    ],
  ])('may be far larger than the image: %s', (_, compute) => {
    const wanted = onBackend('cpu', () => tf.tidy(() => [...compute().dataSync()]))
    expect(onBackend('native', () => tf.tidy(() => [...compute().dataSync()]))).toEqual(wanted)
  })
})
