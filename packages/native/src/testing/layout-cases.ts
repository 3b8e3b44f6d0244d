import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import {
  anyDtype,
  product,
  ordinary,
  length,
  shapeOf,
  filled,
  tensorOf,
  calm,
  axesOf,
  type KernelCase,
} from './arbitrary-tensors.js'

export const layouts: Record<string, fc.Arbitrary<KernelCase>> = {
  transpose: fc.tuple(anyDtype, shapeOf({ min: 1, max: 5 })).chain(([dtype, shape]) =>
    fc
      .tuple(
        tensorOf(shape, dtype),
        fc.shuffledSubarray(
          shape.map((_, axis) => axis),
          { minLength: shape.length },
        ),
      )
      .map(
        ([x, perm]) =>
          () =>
            tf.transpose(x(), perm),
      ),
  ),
  slice: fc.tuple(anyDtype, filled({ min: 1, max: 4 })).chain(([dtype, shape]) =>
    fc
      .tuple(
        tensorOf(shape, dtype),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: shape.length, maxLength: shape.length }),
      )
      .map(([x, ends]): KernelCase => () => {
        const inside = ends.map((end, axis) => end.map((position) => position % (shape[axis]! + 1)))
        const begin = inside.map(([a, b]) => Math.min(a!, b!))
        const size = inside.map(([a, b]) => Math.abs(a! - b!))
        return [tf.slice(x(), begin, size), tf.stridedSlice(x(), begin, shape, [2])]
      }),
  ),
  concat: fc.tuple(anyDtype, filled({ min: 1, max: 3 })).chain(([dtype, shape]) =>
    fc
      .tuple(fc.nat(shape.length - 1), fc.array(length, { minLength: 1, maxLength: 4 }))
      .chain(([axis, lengths]) =>
        fc
          .tuple(
            ...lengths.map((size) =>
              tensorOf(
                shape.map((whole, index) => (index === axis ? size : whole)),
                dtype,
              ),
            ),
          )
          .map(
            (tensors): KernelCase =>
              () =>
                tf.concat(
                  tensors.map((make) => make()),
                  axis,
                ),
          ),
      ),
  ),
  stack: fc.tuple(filled({ min: 0, max: 3 })).chain(([shape]) =>
    fc.tuple(calm(shape), calm(shape), fc.nat(shape.length)).map(([a, b, axis]): KernelCase => () => {
      const whole = tf.stack([a(), b()], axis)
      return [whole, ...tf.unstack(whole, axis), ...tf.split(whole, 2, axis)]
    }),
  ),
  pad: fc.tuple(anyDtype, shapeOf({ min: 1, max: 4 })).chain(([dtype, shape]) =>
    fc
      .tuple(
        tensorOf(shape, dtype),
        fc.tuple(...shape.map(() => fc.tuple(fc.nat(3), fc.nat(3)))),
        dtype === 'float32' ? ordinary : fc.nat(1),
      )
      .map(
        ([x, paddings, value]) =>
          () =>
            tf.pad(x(), paddings, value),
      ),
  ),
  tile: fc.tuple(anyDtype, shapeOf({ min: 1, max: 3 })).chain(([dtype, shape]) =>
    fc.tuple(tensorOf(shape, dtype), fc.tuple(...shape.map(() => fc.integer({ min: 1, max: 3 })))).map(
      ([x, reps]) =>
        () =>
          tf.tile(x(), reps),
    ),
  ),
  reverse: fc.tuple(anyDtype, shapeOf({ min: 1, max: 4 })).chain(([dtype, shape]) =>
    fc.tuple(tensorOf(shape, dtype), axesOf(shape.length)).map(
      ([x, axes]) =>
        () =>
          tf.reverse(x(), axes),
    ),
  ),
  gather: fc.tuple(anyDtype, filled({ min: 1, max: 4 })).chain(([dtype, shape]) =>
    fc
      .tuple(tensorOf(shape, dtype), fc.nat(shape.length - 1), filled({ min: 1, max: 2 }), fc.nat(1000))
      .map(([x, axis, indexShape, seed]): KernelCase => () => {
        const indices = Array.from({ length: product(indexShape) }, (_, i) => (i * 7 + seed) % shape[axis]!)
        return tf.gather(x(), tf.tensor(indices, indexShape, 'int32'), axis)
      }),
  ),
  segmentSum: fc
    .tuple(fc.integer({ min: 1, max: 30 }), filled({ min: 0, max: 2 }), fc.integer({ min: 1, max: 6 }))
    .chain(([rows, rest, segments]) =>
      fc
        .tuple(
          calm([rows, ...rest]),
          fc.array(fc.integer({ min: -1, max: segments }), { minLength: rows, maxLength: rows }),
        )
        .map(
          ([x, ids]) =>
            () =>
              tf.unsortedSegmentSum(x(), tf.tensor1d(ids, 'int32'), segments),
        ),
    ),
  oneHot: fc
    .tuple(
      fc.array(fc.integer({ min: -1, max: 6 }), { maxLength: 20 }),
      fc.integer({ min: 2, max: 6 }),
      anyDtype,
      fc.nat(3),
    )
    .map(
      ([indices, depth, dtype, on]): KernelCase =>
        () =>
          tf.oneHot(tf.tensor1d(indices, 'int32'), depth, dtype === 'bool' ? 1 : on, 0, dtype),
    ),
  // Other shapes of the same values, and what is made of them: nothing may be copied wrongly or freed too early.
  reshape: fc.tuple(anyDtype, shapeOf({ min: 0, max: 4 })).chain(([dtype, shape]) =>
    fc
      .tuple(tensorOf(shape, dtype), fc.integer({ min: -shape.length - 1, max: shape.length }))
      .map(([make, axis]): KernelCase => () => {
        const x = make()
        const found = [tf.reshape(x, [product(shape)]), tf.expandDims(x, axis), tf.clone(x)]
        x.dispose()
        return found
      }),
  ),
  batchGather: filled({ min: 2, max: 4 }).chain((shape) =>
    fc.tuple(tensorOf(shape), fc.nat(1000)).map(([x, seed]): KernelCase => () => {
      const rows = shape[0]!
      const indices = Array.from({ length: rows * 2 }, (_, i) => (i * 5 + seed) % shape[1]!)
      return tf.gather(x(), tf.tensor2d(indices, [rows, 2], 'int32'), 1, 1)
    }),
  ),
  topK: filled({ min: 1, max: 3 }).chain((shape) =>
    fc.tuple(calm(shape), fc.integer({ min: 1, max: shape.at(-1)! })).map(([x, k]): KernelCase => () => {
      const { values, indices } = tf.topk(x(), k)
      return [values, indices]
    }),
  ),
}
