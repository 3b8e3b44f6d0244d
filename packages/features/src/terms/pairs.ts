import * as tf from '@tensorflow/tfjs-core'
import { flat, gram } from './maps.js'

/** Squared distances below this count as this. */
const LEAST_SQUARED_DISTANCE = 1e-12

/** 1 where two examples differ, 0 on the diagonal, [N, N]. */
export function offDiagonal(examples: number): tf.Tensor2D {
  return tf.sub(1, tf.eye(examples))
}

/** The squared distance of every two examples, [N, N], at least 1e-12, also on the diagonal. */
export function squaredDistances(feature: tf.Tensor): tf.Tensor2D {
  const rows = flat(feature)
  const squares = tf.sum(tf.square(rows), 1)
  const sums = tf.add(tf.expandDims(squares, 1), tf.expandDims(squares, 0))
  return tf.maximum(tf.sub(sums, tf.mul(2, gram(rows))), LEAST_SQUARED_DISTANCE)
}

/** Huber's function with threshold 1, without a condition: comparisons have no gradient. */
export function huber<Values extends tf.Tensor>(values: Values): Values {
  const size = tf.abs(values)
  const near = tf.minimum(size, 1)
  return tf.mul(near, tf.sub(size, tf.mul(0.5, near)))
}
