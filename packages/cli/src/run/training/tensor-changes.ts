import type { Normalization } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import { channelOf } from '../model/match-input.js'

/**
 * Makes what takes inputs from one normalization to another. With x as the inputs are given, by mean m and deviation s, and m' and s'
 * those wanted, it gives (x s + m - m') / s'.
 *
 * @param given - normalization of the inputs
 * @param wanted - normalization of the result
 * @param columns - for each entry of the last axis which one of `given` it is
 * @returns a function of inputs whose last axis is ordered as `wanted` is
 */
export function renormalization(
  given: Normalization,
  wanted: Normalization,
  columns: readonly number[],
): (inputs: tf.Tensor) => tf.Tensor {
  const pairs = columns.map((from, channel) => {
    const deviation = channelOf(wanted.standardDeviation, channel)
    const shift = channelOf(given.mean, from) - channelOf(wanted.mean, channel)
    return [channelOf(given.standardDeviation, from) / deviation, shift / deviation] as const
  })
  const scale = pairs.map(([factor]) => factor)
  const offset = pairs.map(([, shift]) => shift)
  return (inputs) => tf.add(tf.mul(inputs, tf.tensor1d(scale)), tf.tensor1d(offset))
}

/**
 * Picks entries of the last axis. The stock gradient of a gather adds up, which not every engine can.
 *
 * @param value - [..., D]
 * @param order - different numbers in [0, D)
 * @returns [..., order.length]
 */
export function picked(value: tf.Tensor, order: readonly number[]): tf.Tensor {
  const size = value.shape.at(-1)!
  const gather = (from: tf.Tensor, by: readonly number[]): tf.Tensor =>
    tf.gather(from, tf.tensor1d([...by], 'int32'), from.rank - 1)
  return tf.customGrad((input) => ({
    value: gather(input as tf.Tensor, order),
    gradFunc: (gradient: tf.Tensor) => {
      if (order.length === size) return gather(gradient, placesOf(order, size))
      // What was not picked gets the zero behind the others.
      const padding = gradient.shape.map((_, axis): [number, number] => [
        0,
        axis === gradient.rank - 1 ? 1 : 0,
      ])
      return gather(tf.pad(gradient, padding), placesOf(order, size))
    },
  }))(value)
}

/**
 * Says where each number stands in an order.
 *
 * @param order - different numbers in [0, size)
 * @param size - how many numbers there are
 * @returns [size] places; `order.length` for a number that is not there
 */
export function placesOf(order: readonly number[], size: number = order.length): number[] {
  const places = new Array<number>(size).fill(order.length)
  for (const [place, entry] of order.entries()) places[entry] = place
  return places
}
