import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { ordinary, tensorOf, calm, withExceptions, type KernelCase } from './arbitrary-tensors.js'

type Explicit = [[number, number], [number, number], [number, number], [number, number]]
const border = fc.tuple(fc.nat(2), fc.nat(2))
/** The padding of batch, height, width and channels: a number before and one after. */
const explicitPad = fc
  .tuple(border, border)
  .map(([height, width]): Explicit => [[0, 0], height, width, [0, 0]])

const window = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    channels: fc.integer({ min: 1, max: 20 }),
    kernelHeight: fc.integer({ min: 1, max: 4 }),
    kernelWidth: fc.integer({ min: 1, max: 4 }),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    pad: fc.oneof(
      fc.constantFrom('same' as const, 'valid' as const),
      fc.integer({ min: 0, max: 2 }),
      explicitPad,
    ),
    out: fc.integer({ min: 1, max: 20 }),
    multiplier: fc.integer({ min: 1, max: 2 }),
  })
  .map((w) => {
    const [windowHeight, windowWidth] = [
      (w.kernelHeight - 1) * w.dilation[0] + 1,
      (w.kernelWidth - 1) * w.dilation[1] + 1,
    ]
    // 'valid' needs an image as large as the window. With a number, TensorFlow.js takes the window's height for its width.
    const least = typeof w.pad === 'number' ? Math.max(windowHeight, windowWidth) : 0
    return {
      ...w,
      height: Math.max(w.height, windowHeight, least),
      width: Math.max(w.width, windowWidth, least),
      rounding: typeof w.pad === 'string' ? undefined : ('floor' as const),
    }
  })

export const convolution: fc.Arbitrary<KernelCase> = window.chain((w) => {
  // TensorFlow.js takes strides or dilations, not both.
  const dilated = w.stride[0] === 1 && w.stride[1] === 1 && typeof w.pad === 'string'
  const dilations: [number, number] = dilated ? w.dilation : [1, 1]
  return fc
    .tuple(
      calm([w.batch, w.height, w.width, w.channels]),
      calm([w.kernelHeight, w.kernelWidth, w.channels, w.out]),
      calm([w.out]),
      fc.boolean(),
    )
    .map(([x, filter, bias, fused]): KernelCase => () => {
      const conv = (image: tf.Tensor, weights: tf.Tensor): tf.Tensor =>
        tf.conv2d(
          image as tf.Tensor4D,
          weights as tf.Tensor4D,
          w.stride,
          w.pad,
          'NHWC',
          dilations,
          w.rounding,
        )
      if (fused) {
        return tf.fused.conv2d({
          x: x() as tf.Tensor4D,
          filter: filter() as tf.Tensor4D,
          strides: w.stride,
          pad: w.pad,
          dilations,
          ...(w.rounding === undefined ? {} : { dimRoundingMode: w.rounding }),
          bias: bias(),
          activation: 'relu6',
        })
      }
      if (dilated && (dilations[0] !== 1 || dilations[1] !== 1)) return conv(x(), filter())
      return [conv(x(), filter()), ...tf.grads(conv)([x(), filter()])]
    })
})

export const depthwise: fc.Arbitrary<KernelCase> = window.chain((w) => {
  const stride: [number, number] = [w.stride[0], w.stride[0]]
  const dilated = w.stride[0] === 1 && typeof w.pad === 'string'
  const dilations: [number, number] = dilated ? [w.dilation[0], w.dilation[0]] : [1, 1]
  // 'valid' needs an image as large as the window.
  const [height, width] = [w.height + w.kernelHeight, w.width + w.kernelWidth]
  return fc
    .tuple(
      calm([w.batch, height, width, w.channels]),
      calm([w.kernelHeight, w.kernelWidth, w.channels, w.multiplier]),
      calm([w.channels * w.multiplier]),
    )
    .map(([x, filter, bias]): KernelCase => () => {
      const conv = (image: tf.Tensor, weights: tf.Tensor): tf.Tensor =>
        tf.depthwiseConv2d(
          image as tf.Tensor4D,
          weights as tf.Tensor4D,
          stride,
          w.pad,
          'NHWC',
          dilations,
          w.rounding,
        )
      const fused = tf.fused.depthwiseConv2d({
        x: x() as tf.Tensor4D,
        filter: filter() as tf.Tensor4D,
        strides: stride,
        // Its types take no explicit padding.
        pad: typeof w.pad === 'object' ? 'same' : w.pad,
        dilations,
        ...(typeof w.pad === 'number' ? { dimRoundingMode: 'floor' as const } : {}),
        bias: bias(),
        activation: 'relu6',
      })
      if (dilations[0] !== 1) return [conv(x(), filter()), fused]
      return [conv(x(), filter()), fused, ...tf.grads(conv)([x(), filter()])]
    })
})

/** Depthwise filters that are larger than their image, also with NaN and infinities. */
export const overhangingDepthwise: fc.Arbitrary<KernelCase> = fc
  .record({
    batch: fc.integer({ min: 1, max: 300 }),
    height: fc.integer({ min: 1, max: 3 }),
    width: fc.integer({ min: 1, max: 5 }),
    channels: fc.integer({ min: 1, max: 20 }),
    kernelHeight: fc.integer({ min: 2, max: 5 }),
    kernelWidth: fc.integer({ min: 2, max: 5 }),
    stride: fc.integer({ min: 1, max: 2 }),
  })
  .chain((w) =>
    fc
      .tuple(
        tensorOf([w.height, w.width, w.channels], 'float32', withExceptions),
        calm([w.kernelHeight, w.kernelWidth, w.channels, 1]),
      )
      .map(([image, filter]): KernelCase => () => {
        const conv = (images: tf.Tensor, weights: tf.Tensor): tf.Tensor =>
          tf.depthwiseConv2d(images as tf.Tensor4D, weights as tf.Tensor4D, w.stride, 'same')
        // The same image, each time a little less of it.
        const parts = tf.reshape(tf.linspace(1, 0.1, w.batch), [w.batch, 1, 1, 1])
        const x = tf.mul(tf.expandDims(image()), parts)
        return [conv(x, filter()), ...tf.grads(conv)([x, filter()])]
      }),
  )

/** Images and filters with NaN and infinities: they reach the windows that they lie in, and no other. */
export const unusualConvolution: fc.Arbitrary<KernelCase> = window.chain((w) =>
  fc
    .tuple(
      tensorOf([w.batch, w.height, w.width, w.channels], 'float32', withExceptions),
      tensorOf([w.kernelHeight, w.kernelWidth, w.channels, w.out], 'float32', withExceptions),
      tensorOf([w.kernelHeight, w.kernelWidth, w.channels, 1], 'float32', withExceptions),
      fc.constantFrom('full' as const, 'depthwise' as const),
    )
    .map(([x, filter, thin, kind]): KernelCase => () => {
      const conv = (image: tf.Tensor, weights: tf.Tensor): tf.Tensor => {
        const operation = kind === 'full' ? tf.conv2d : tf.depthwiseConv2d
        return operation(
          image as tf.Tensor4D,
          weights as tf.Tensor4D,
          w.stride[0],
          w.pad,
          'NHWC',
          1,
          w.rounding,
        )
      }
      const weights = kind === 'full' ? filter : thin
      return [conv(x(), weights()), ...tf.grads(conv)([x(), weights()])]
    }),
)

/** What is left to the cpu engine's kernels or made of other convolutions: channels first, one axis, transposed. */
export const otherConvolution: fc.Arbitrary<KernelCase> = fc
  .record({
    size: fc.integer({ min: 3, max: 8 }),
    channels: fc.integer({ min: 1, max: 6 }),
    out: fc.integer({ min: 1, max: 6 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    pad: fc.constantFrom('same' as const, 'valid' as const),
  })
  .chain(({ size, channels, out, kernel, stride, pad }) =>
    fc
      .tuple(
        calm([1, size, size, channels]),
        calm([kernel, kernel, channels, out]),
        calm([1, size, channels]),
      )
      .map(([x, filter, row]): KernelCase => () => {
        const image = x() as tf.Tensor4D
        const weights = filter() as tf.Tensor4D
        const whole = tf.conv2d(image, weights, stride, pad)
        const back = tf.conv2dTranspose(whole, weights, image.shape, stride, pad)
        const first = tf.transpose(image, [0, 3, 1, 2])
        const line = tf.conv1d(row() as tf.Tensor3D, tf.sum<tf.Tensor3D>(weights, 0), stride, pad)
        return [back, line, tf.conv2d(first, weights, stride, pad, 'NCHW')]
      }),
  )

export const pooling: fc.Arbitrary<KernelCase> = fc
  .tuple(window, fc.constantFrom('max' as const, 'avg' as const))
  .chain(([w, kind]) =>
    tensorOf(
      [w.batch, w.height, w.width, w.channels],
      'float32',
      // Few different values, so that windows have ties.
      fc.oneof(
        { weight: 10, arbitrary: fc.integer({ min: -3, max: 3 }) },
        { weight: 1, arbitrary: kind === 'avg' ? withExceptions : ordinary },
      ),
    ).map((x): KernelCase => () => {
      const pool = (image: tf.Tensor): tf.Tensor =>
        (kind === 'max' ? tf.maxPool : tf.avgPool)(
          image as tf.Tensor4D,
          [w.kernelHeight, w.kernelWidth],
          w.stride,
          w.pad,
          w.rounding,
        )
      return [pool(x()), tf.grad(pool)(x())]
    }),
  )
