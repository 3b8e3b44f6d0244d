import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { product, type KernelCase, type Make } from './arbitrary-tensors.js'
import { runBlock, type BlockShape } from './block-cases.js'
import { noise } from './noise.js'

type Exception = readonly [place: number, value: number]

/** A tensor too large for fast-check to choose each number, with a few exceptions. */
function tensorOfNoise(
  shape: readonly number[],
  seed: number,
  exceptions: readonly Exception[] = [],
  size = 4,
): Make {
  return () => {
    const values = noise(product(shape), seed, size)
    for (const [place, value] of exceptions) values[place % values.length] = value
    return tf.tensor(values, [...shape])
  }
}

const seed = fc.nat()
const exceptions = (...values: number[]): fc.Arbitrary<Exception[]> =>
  fc.array(fc.tuple(fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity, ...values)), { maxLength: 2 })
const channels = fc.constantFrom(16, 16, 16, 32)
const filters = fc.constantFrom(16, 16, 16, 32, 48)

/** Convolutions that go by minimal filtering, most of them: 3 × 3 taps, many channels, 16 tiles of 4 × 4 pixels and more. */
const shape = fc
  .record({
    height: fc.integer({ min: 3, max: 9 }),
    width: fc.integer({ min: 3, max: 9 }),
    more: fc.nat(2),
    channels,
    filters,
    pad: fc.oneof(
      fc.constant('same' as const),
      fc.integer({ min: 0, max: 3 }),
      fc
        .tuple(fc.tuple(fc.nat(3), fc.nat(3)), fc.tuple(fc.nat(3), fc.nat(3)))
        .map(([rows, columns]): tf.backend_util.ExplicitPadding => [[0, 0], rows, columns, [0, 0]]),
    ),
  })
  .map((s) => ({
    ...s,
    batch: Math.ceil(16 / (Math.ceil(s.height / 4) * Math.ceil(s.width / 4))) + s.more,
    rounding: s.pad === 'same' ? undefined : ('floor' as const),
  }))

type Shape = typeof shape extends fc.Arbitrary<infer S> ? S : never

const run = (s: Shape, x: Make, filter: Make, bias?: Make): tf.Tensor | tf.Tensor[] => {
  const conv = (image: tf.Tensor, weights: tf.Tensor): tf.Tensor =>
    tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, 1, s.pad, 'NHWC', 1, s.rounding)
  if (bias === undefined) return [conv(x(), filter()), ...tf.grads(conv)([x(), filter()])]
  return tf.fused.conv2d({
    x: x() as tf.Tensor4D,
    filter: filter() as tf.Tensor4D,
    strides: 1,
    pad: s.pad,
    ...(s.rounding === undefined ? {} : { dimRoundingMode: s.rounding }),
    bias: bias(),
    activation: 'relu6',
  })
}

const images = (s: Shape, from: number, unusual: readonly Exception[] = []): Make =>
  tensorOfNoise([s.batch, s.height, s.width, s.channels], from, unusual)
/** Small enough that sums are about as large as the images. */
const taps = (s: Shape, from: number, unusual: readonly Exception[] = []): Make =>
  tensorOfNoise([3, 3, s.channels, s.filters], from + 1, unusual, 0.25)

const wideConvolution: fc.Arbitrary<KernelCase> = fc
  .tuple(shape, seed, fc.boolean())
  .map(([s, from, fused]): KernelCase => {
    const bias = fused ? tensorOfNoise([s.filters], from + 2) : undefined
    return () => run(s, images(s, from), taps(s, from), bias)
  })

/** NaN and infinities reach the windows that they lie in, and no other; so do numbers that only the transforms make infinite. */
const unusualWideConvolution: fc.Arbitrary<KernelCase> = fc
  .tuple(shape, seed, exceptions(3e37), exceptions(3e37))
  .map(
    ([s, from, inImages, inFilter]): KernelCase =>
      () =>
        run(s, images(s, from, inImages), taps(s, from, inFilter)),
  )

/** The same inside models: chains outside of training, gradients in it. */
const wideBlock: fc.Arbitrary<KernelCase> = fc
  .tuple(
    fc.record({
      channels,
      filters,
      size: fc.constantFrom(4, 7, 8, 10),
      padding: fc.constantFrom('same' as const, 'valid' as const),
      useBias: fc.boolean(),
      ending: fc.constantFrom('none', 'relu', 'relu6', 'sum', 'sum and relu'),
    }),
    seed,
    fc.boolean(),
    exceptions(),
  )
  .map(([s, from, training, inImages]): KernelCase => () => {
    const block: BlockShape = { ...s, kernelSize: 3, strides: 1, depthwise: false }
    const x = tensorOfNoise(
      [s.size > 4 ? 5 : 17, s.size, s.size, s.channels],
      from,
      training ? [] : inImages,
      0.25,
    )
    return runBlock(block, x(), training)
  })

export const wideConvolutions: Readonly<Record<string, fc.Arbitrary<KernelCase>>> = {
  wideConvolution,
  unusualWideConvolution,
  wideBlock,
}
