import * as tf from '@tensorflow/tfjs-core'
import type { NamedVariables, RandomSource } from '@kd/core'

/** A trainable layer of a method's own, from one feature to another. */
export interface Adapter {
  readonly variables: NamedVariables
  apply(feature: tf.Tensor): tf.Tensor
}

/** What a convolution is made of. */
export interface ConvolutionOptions {
  /** Height and width of the filter, odd; the map keeps its size. */
  readonly size: 1 | 3
  /** Channels of the map that it takes. */
  readonly inputs: number
  /** Channels of the map that it gives. */
  readonly outputs: number
  /** Whether a bias is added, which starts at zero. @defaultValue false */
  readonly bias?: boolean
  /** Draws the filter, uniform in ±gain/sqrt(numbers that an output is a sum over). */
  readonly random: RandomSource
  /** 1 is what PyTorch starts a convolution with. @defaultValue 1 */
  readonly gain?: number
}

/** PyTorch's, which peers use; the default of TensorFlow.js is 1e-3. */
const EPSILON = 1e-5

/**
 * Draws the first weights of a layer, uniform in ±gain/sqrt(inputs).
 *
 * @param shape - of the weights
 * @param inputs - numbers that each output is a sum over
 * @param random - of the run
 * @param gain - 1 is what PyTorch starts a layer with
 * @returns a variable
 */
export function uniformWeights(shape: number[], inputs: number, random: RandomSource, gain = 1): tf.Variable {
  const limit = gain / Math.sqrt(inputs)
  const values = Float32Array.from(
    { length: tf.util.sizeFromShape(shape) },
    () => limit * (2 * random.uniform() - 1),
  )
  return tf.variable(tf.tensor(values, shape))
}

/** Makes a convolution that keeps the size of a map. */
export function convolution({
  size,
  inputs,
  outputs,
  bias = false,
  random,
  gain = 1,
}: ConvolutionOptions): Adapter {
  const kernel = uniformWeights([size, size, inputs, outputs], size * size * inputs, random, gain)
  const variables: Record<string, tf.Variable> = {
    kernel,
    ...(bias && { bias: tf.variable(tf.zeros([outputs])) }),
  }
  return {
    variables,
    apply(map) {
      const product = tf.conv2d(map as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same')
      return bias ? tf.add(product, variables['bias']!) : product
    },
  }
}

/** Makes a batch normalisation with the batch's own statistics: a layer of a method is never used without a batch. */
export function batchNormalization(channels: number): Adapter {
  const gamma = tf.variable(tf.ones([channels]))
  const beta = tf.variable(tf.zeros([channels]))
  return { variables: { gamma, beta }, apply: (value) => batchNormalized(value, gamma, beta) }
}

/**
 * Normalises over all axes but the channels, with the batch's mean and biased variance.
 *
 * @param value - [N, ..., C]
 * @param gamma - [C], by which it is multiplied
 * @param beta - [C], which is added
 * @returns as large as value
 */
export function batchNormalized(value: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const axes = value.shape.map((_, axis) => axis).slice(0, -1)
  const { mean, variance } = tf.moments(value, axes)
  return tf.batchNorm(
    value as tf.Tensor4D,
    mean as tf.Tensor1D,
    variance as tf.Tensor1D,
    beta as tf.Tensor1D,
    gamma as tf.Tensor1D,
    EPSILON,
  )
}

/** Names the variables of several layers: `layer/variable`. */
export function variablesOf(adapters: Readonly<Record<string, Pick<Adapter, 'variables'>>>): NamedVariables {
  return Object.fromEntries(
    Object.entries(adapters).flatMap(([layer, { variables }]) =>
      Object.entries(variables).map(([name, variable]) => [`${layer}/${name}`, variable]),
    ),
  )
}
