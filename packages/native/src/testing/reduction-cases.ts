import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import {
  filled,
  tensorOf,
  calm,
  axesOf,
  length,
  shapeOf,
  withExceptions,
  type KernelCase,
  type Make,
} from './arbitrary-tensors.js'

export const matMul: fc.Arbitrary<KernelCase> = fc
  .record({
    outer: filled({ min: 0, max: 2 }),
    rows: fc.integer({ min: 1, max: 20 }),
    inner: fc.integer({ min: 1, max: 40 }),
    columns: fc.integer({ min: 1, max: 20 }),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    one: fc.constantFrom('none', 'a', 'b'),
    activation: fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu', undefined),
    wideBias: fc.boolean(),
  })
  .chain((shape) => {
    const { outer, rows, inner, columns, transposeA, transposeB } = shape
    const biasShape = shape.wideBias ? [rows, columns] : [columns]
    const batch = (side: string): number[] => (shape.one === side ? outer.map(() => 1) : outer)
    const a = [...batch('a'), ...(transposeA ? [inner, rows] : [rows, inner])]
    const b = [...batch('b'), ...(transposeB ? [columns, inner] : [inner, columns])]
    return fc
      .tuple(calm(a), calm(b), calm(biasShape), calm([columns]))
      .map(([makeA, makeB, bias, slopes]): KernelCase => () => {
        const { activation } = shape
        if (activation === undefined) return tf.matMul(makeA(), makeB(), transposeA, transposeB)
        return tf.fused.matMul({
          a: makeA(),
          b: makeB(),
          transposeA,
          transposeB,
          bias: bias(),
          activation,
          leakyreluAlpha: 0.3,
          ...(activation === 'prelu' ? { preluActivationWeights: slopes() } : {}),
        })
      })
  })

/** The cases with NaN and infinities, empty axes, and integers. */
export const unusualMatMul: fc.Arbitrary<KernelCase> = fc
  .record({
    sizes: fc.tuple(length, length, length),
    outer: filled({ min: 0, max: 2 }),
    one: fc.constantFrom('none', 'a', 'b'),
    dtype: fc.constantFrom('float32' as const, 'float32' as const, 'int32' as const),
  })
  .chain(({ sizes: [rows, inner, columns], outer, one, dtype }) => {
    const batch = (side: string): number[] => (one === side ? outer.map(() => 1) : outer)
    const values = dtype === 'float32' ? withExceptions : undefined
    return fc
      .tuple(
        tensorOf([...batch('a'), rows, inner], dtype, values),
        tensorOf([...batch('b'), inner, columns], dtype, values),
      )
      .map(
        ([a, b]): KernelCase =>
          () =>
            tf.matMul(a(), b()),
      )
  })

export const reduction: fc.Arbitrary<KernelCase> = fc
  .tuple(filled({ min: 1, max: 4 }), fc.boolean())
  .chain(([shape, keepDims]) =>
    fc
      .tuple(
        // No infinities of float32 by addition: native adds in float32, as PyTorch does, where the cpu engine adds in double.
        tensorOf(shape, 'float32', withExceptions),
        // Where NaN stands decides about argMax, which no engine promises.
        calm(shape),
        tensorOf(shape, 'int32'),
        tensorOf(shape, 'bool'),
        axesOf(shape.length),
      )
      .map(([floats, ordered, integers, flags, axes]): KernelCase => () => [
        tf.sum(floats(), axes, keepDims),
        tf.mean(floats(), axes, keepDims),
        tf.max(floats(), axes, keepDims),
        tf.min(floats(), axes, keepDims),
        tf.sum(integers(), axes, keepDims),
        tf.max(integers(), axes, keepDims),
        tf.min(integers(), axes, keepDims),
        tf.any(flags(), axes, keepDims),
        tf.all(flags(), axes, keepDims),
        tf.argMax(ordered(), axes[0]),
        tf.argMin(ordered(), axes[0]),
      ]),
  )

/** Sums over nothing are 0, products of nothing 1, and the mean of nothing is NaN. */
export const emptyReduction: fc.Arbitrary<KernelCase> = shapeOf({ min: 1, max: 3 }).chain((shape) =>
  fc
    .tuple(tensorOf(shape, 'float32', withExceptions), axesOf(shape.length), fc.boolean())
    .map(([x, axes, keepDims]): KernelCase => () => [
      tf.sum(x(), axes, keepDims),
      tf.mean(x(), axes, keepDims),
      tf.max(x(), axes, keepDims),
      tf.min(x(), axes, keepDims),
      tf.prod(x(), axes, keepDims),
      tf.any(tf.cast(x(), 'bool'), axes, keepDims),
    ]),
)

export const longReduction: fc.Arbitrary<KernelCase> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 500, max: 5000 }), fc.integer({ min: 1, max: 3 }))
  .map(([outer, size, inner]): KernelCase => () => {
    const x = tf.add(tf.sin(tf.reshape(tf.range(0, outer * size * inner), [outer, size, inner])), 1)
    return [tf.sum(x, 1), tf.max(x, 1), tf.mean(x), tf.min(x, [0, 1])]
  })

export const norms: Record<string, fc.Arbitrary<KernelCase>> = {
  batchNorm: filled({ min: 2, max: 4 }).chain((shape) => {
    const vector = (): fc.Arbitrary<Make> => calm([shape.at(-1)!])
    return fc.tuple(tensorOf(shape), vector(), vector(), vector(), vector(), fc.boolean()).map(
      ([x, mean, variance, offset, scale, plain]): KernelCase =>
        () =>
          tf.batchNorm(
            x(),
            mean(),
            tf.square(variance()),
            plain ? undefined : (offset() as tf.Tensor1D),
            plain ? undefined : (scale() as tf.Tensor1D),
            1e-3,
          ),
    )
  }),
  softmax: filled({ min: 1, max: 3 }).chain((shape) =>
    calm(shape).map((x): KernelCase => () => [tf.softmax(x()), tf.logSoftmax(x())]),
  ),
  unusualSoftmax: shapeOf({ min: 1, max: 3 }).chain((shape) =>
    tensorOf(shape).map((x): KernelCase => () => [tf.softmax(x()), tf.logSoftmax(x())]),
  ),
  layerNorm: filled({ min: 2, max: 3 }).chain((shape) =>
    calm(shape).map((x): KernelCase => () => {
      const { mean, variance } = tf.moments(x(), -1, true)
      return [tf.mul(tf.sub(x(), mean), tf.rsqrt(tf.add(variance, 1e-3))), mean, variance]
    }),
  ),
}
