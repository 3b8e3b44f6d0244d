import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import {
  anyDtype,
  ordinary,
  shapeOf,
  tensorOf,
  calm,
  type KernelCase,
  type Make,
} from './arbitrary-tensors.js'

const largeIntegers = (shape: readonly number[]): fc.Arbitrary<Make> =>
  tensorOf(
    shape,
    'int32',
    fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1)),
  )

/** Two shapes that broadcast: each axis of one may be 1, and leading axes may be absent. */
const broadcastPair = shapeOf({ min: 0, max: 4 }).chain((shape) =>
  fc.tuple(
    ...[0, 1].map(() =>
      fc
        .tuple(
          fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
          fc.nat(shape.length),
        )
        .map(([ones, drop]) => shape.map((size, axis) => (ones[axis] === true ? 1 : size)).slice(drop)),
    ),
  ),
) as fc.Arbitrary<[number[], number[]]>

const unaries: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  abs: tf.abs,
  neg: tf.neg,
  square: tf.square,
  sqrt: tf.sqrt,
  rsqrt: tf.rsqrt,
  reciprocal: tf.reciprocal,
  exp: tf.exp,
  expm1: tf.expm1,
  log: tf.log,
  log1p: tf.log1p,
  relu: tf.relu,
  relu6: tf.relu6,
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  softplus: tf.softplus,
  sign: tf.sign,
  floor: tf.floor,
  ceil: tf.ceil,
  sin: (x) => tf.sin(tf.clipByValue(x, -100, 100)),
  cos: (x) => tf.cos(tf.clipByValue(x, -100, 100)),
  step: (x) => tf.step(x, 0.25),
  leakyRelu: (x) => tf.leakyRelu(x, 0.1),
  clip: (x) => tf.clipByValue(x, -1.5, 2),
}

const binaries: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  pow: (a, b) => tf.pow(tf.abs(a), tf.clipByValue(b, -2, 2)),
  prelu: (a, b) => tf.prelu(a, b),
}
const integerBinaries = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  maximum: tf.maximum,
  minimum: tf.minimum,
} as Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>
const comparisons: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  equal: tf.equal,
  notEqual: tf.notEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
}

/** What the cpu engine's kernels do in their stead, on the same memory. */
const integerUnaries: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  abs: tf.abs,
  neg: tf.neg,
  square: tf.square,
  relu: tf.relu,
  sign: tf.sign,
  clip: (x) => tf.clipByValue(x, -5, 7),
}

export const elementwise: Record<string, fc.Arbitrary<KernelCase>> = {
  unary: shapeOf({ min: 0, max: 3 }).chain((shape) =>
    tensorOf(shape).map(
      (x): KernelCase =>
        () =>
          Object.values(unaries).map((run) => run(x())),
    ),
  ),
  binary: broadcastPair.chain(([left, right]) =>
    fc.tuple(tensorOf(left), tensorOf(right)).map(
      ([a, b]): KernelCase =>
        () =>
          Object.values(binaries).map((run) => run(a(), b())),
    ),
  ),
  integerBinary: broadcastPair.chain(([left, right]) =>
    fc.tuple(tensorOf(left, 'int32'), tensorOf(right, 'int32')).map(
      ([a, b]): KernelCase =>
        () =>
          Object.values(integerBinaries).map((run) => run(a(), b())),
    ),
  ),
  integerUnary: shapeOf({ min: 0, max: 3 }).chain((shape) =>
    tensorOf(shape, 'int32').map(
      (x): KernelCase =>
        () =>
          Object.values(integerUnaries).map((run) => run(x())),
    ),
  ),
  // Both ends of int32, where sums wrap around. Products are left out: the cpu engine's lose their last bits.
  largeInteger: fc
    .tuple(
      fc.constantFrom(tf.add, tf.sub, tf.maximum, tf.minimum, ...Object.values(comparisons)),
      broadcastPair.chain(([a, b]) => fc.tuple(largeIntegers(a), largeIntegers(b))),
    )
    .map(([run, [a, b]]): KernelCase => () => [run(a(), b()), tf.sum(a()), tf.cast(b(), 'float32')]),
  mixed: fc
    .tuple(
      fc.constantFrom(...Object.values(integerBinaries)),
      fc.constantFrom('int32' as const, 'bool' as const),
      broadcastPair,
    )
    .chain(([run, dtype, [a, b]]) =>
      fc.tuple(tensorOf(a), tensorOf(b, dtype)).map(
        ([left, right]) =>
          () =>
            run(left(), right()),
      ),
    ),
  comparison: fc.tuple(anyDtype, broadcastPair).chain(([dtype, [left, right]]) =>
    fc.tuple(tensorOf(left, dtype), tensorOf(right, dtype)).map(
      ([a, b]): KernelCase =>
        () =>
          Object.values(comparisons).map((run) => run(a(), b())),
    ),
  ),
  logical: fc
    .tuple(fc.constantFrom(tf.logicalAnd, tf.logicalOr), broadcastPair)
    .chain(([run, [a, b]]) =>
      fc
        .tuple(tensorOf(a, 'bool'), tensorOf(b, 'bool'))
        .map(([left, right]) => () => [run(left(), right()), tf.logicalNot(left())]),
    ),
  select: fc.tuple(anyDtype, shapeOf({ min: 0, max: 3 })).chain(([dtype, shape]) =>
    fc.tuple(tensorOf(shape, 'bool'), tensorOf(shape, dtype), tensorOf(shape, dtype)).map(
      ([condition, a, b]) =>
        () =>
          tf.where(condition(), a(), b()),
    ),
  ),
  cast: fc
    .tuple(anyDtype, anyDtype, shapeOf({ min: 0, max: 3 }))
    .chain(([from, to, shape]) => tensorOf(shape, from).map((x) => () => tf.cast(x(), to))),
  addN: fc
    .tuple(fc.integer({ min: 1, max: 4 }), shapeOf({ min: 0, max: 3 }))
    .chain(([count, shape]) =>
      fc
        .array(calm(shape), { minLength: count, maxLength: count })
        .map((tensors) => () => tf.addN(tensors.map((make) => make()))),
    ),
  // The cpu engine only approximates it, to 1.5e-7.
  erf: shapeOf({ min: 0, max: 3 }).chain((shape) =>
    tensorOf(shape).map(
      (x): KernelCase =>
        () =>
          tf.erf(x()),
    ),
  ),
  fill: fc
    .tuple(anyDtype, shapeOf({ min: 0, max: 3 }), ordinary)
    .chain(([dtype, shape, value]) =>
      tensorOf(shape, dtype).map((x): KernelCase => () => [
        tf.fill(shape, dtype === 'float32' ? value : Math.abs(Math.round(value)), dtype),
        tf.zerosLike(x()),
        tf.onesLike(x()),
      ]),
    ),
}
