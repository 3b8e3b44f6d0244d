import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'

/** Makes tensors on the current backend and runs one kernel on them. */
export type KernelCase = () => tf.Tensor | tf.Tensor[]

type Numbers = readonly number[]
export const product = (shape: Numbers): number => shape.reduce((size, next) => size * next, 1)

export const ordinary: fc.Arbitrary<number> = fc.double({ min: -4, max: 4, noNaN: true }).map(Math.fround)
const extreme = fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1e-40, 3e38, -3e38, 88.8, -104)
const anyFloat = fc.oneof({ weight: 20, arbitrary: ordinary }, { weight: 1, arbitrary: extreme })

export const length: fc.Arbitrary<number> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(0, 1) },
  fc.integer({ min: 1, max: 9 }),
)
export const shapeOf = (rank: { min: number; max: number }): fc.Arbitrary<number[]> =>
  fc.array(length, { minLength: rank.min, maxLength: rank.max })
export const filled = (rank: { min: number; max: number }): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: 7 }), { minLength: rank.min, maxLength: rank.max })

/** A tensor that is made anew for each backend. */
export type Make = () => tf.Tensor
export type Dtype = 'float32' | 'int32' | 'bool'
export const anyDtype: fc.Arbitrary<Dtype> = fc.constantFrom('float32', 'int32', 'bool')
const anyValue: Record<Dtype, fc.Arbitrary<number>> = {
  float32: anyFloat,
  int32: fc.integer({ min: -20, max: 20 }),
  bool: fc.integer({ min: 0, max: 1 }),
}
export const tensorOf = (
  shape: Numbers,
  dtype: Dtype = 'float32',
  value: fc.Arbitrary<number> = anyValue[dtype],
): fc.Arbitrary<Make> =>
  fc
    .array(value, {
      minLength: product(shape),
      maxLength: product(shape),
      size: 'max',
    })
    .map((values) => () => tf.tensor(values, [...shape], dtype))
export const calm = (shape: Numbers): fc.Arbitrary<Make> => tensorOf(shape, 'float32', ordinary)

/** Mostly ordinary numbers, with a NaN or an infinity here and there; none so large that a product overflows. */
export const withExceptions: fc.Arbitrary<number> = fc.oneof(
  { weight: 30, arbitrary: ordinary },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity) },
)

export const axesOf = (rank: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray(
    Array.from({ length: rank }, (_, axis) => axis),
    { minLength: Math.min(rank, 1) },
  )
