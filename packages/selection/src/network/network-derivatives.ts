import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { dot } from '../last-layer/matrix-products.js'
import { logitsOf, rowsOf } from './network-examples.js'

/** The length of a difference step divided by that of the weights: about the cube root of float32's precision. */
const STEP = 3e-3

/** First derivatives of a network's logits in all trainable weights, at the weights that the network had when this was made. */
export interface NetworkDerivatives {
  /** How many trainable weights there are. */
  readonly size: number
  /** Computes [size] sum_ic slopes_ic * d logit_ic / d weights, for slopes [N, C]. */
  pullBack(inputs: tf.Tensor, slopes: Float64Array): Promise<Float64Array>
  /** Computes [N, C] the derivative of the logits along a direction [size], by central differences. */
  pushForward(inputs: tf.Tensor, direction: Float64Array): Promise<Float64Array>
  /** Computes (value(weights + step direction) - value(weights - step direction)) / (2 step), and puts the weights back. */
  difference(direction: Float64Array, value: () => Promise<ArrayLike<number>>): Promise<Float64Array>
}

/**
 * Prepares derivatives of a network. They take gradients and differences of first order only: nested gradients are wrong in
 * TensorFlow.js.
 *
 * @param model - its weights are changed while differences are taken, and put back each time
 * @param batchSize - how many rows are run at a time
 * @returns the derivatives
 */
export async function networkDerivatives(model: LayersModel, batchSize: number): Promise<NetworkDerivatives> {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable)
  const start = await Promise.all(variables.map(async (variable) => Float32Array.from(await variable.data())))
  const length = Math.sqrt(start.flatMap((values) => [...values]).reduce((sum, value) => sum + value ** 2, 0))

  const moveTo = (step: number, direction: Float64Array): void => {
    let offset = 0
    variables.forEach((variable, index) => {
      const values = start[index]!.map((value, k) => value + step * direction[offset + k]!)
      offset += values.length
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)))
    })
  }
  const restore = (): void => {
    variables.forEach((variable, index) =>
      tf.tidy(() => variable.assign(tf.tensor(start[index]!, variable.shape))),
    )
  }

  const difference: NetworkDerivatives['difference'] = async (direction, value) => {
    const size = Math.sqrt(dot(direction, direction))
    const step = (STEP * (length || 1)) / (size || 1)
    try {
      moveTo(step, direction)
      const above = await value()
      moveTo(-step, direction)
      const below = await value()
      return Float64Array.from(above, (number, index) => (number - below[index]!) / (2 * step))
    } finally {
      restore()
    }
  }

  return {
    size: start.reduce((sum, values) => sum + values.length, 0),
    difference,
    pushForward: (inputs, direction) => difference(direction, () => logitsOf(model, inputs, batchSize)),
    async pullBack(inputs, slopes) {
      const sums = start.map((values) => new Float64Array(values.length))
      const classes = slopes.length / inputs.shape[0]
      for (let from = 0; from < inputs.shape[0]; from += batchSize) {
        const gradients = gradientsOf(model, variables, rowsOf(inputs, from, batchSize), (rows) =>
          slopes.subarray(from * classes, (from + rows) * classes),
        )
        const pieces = await Promise.all(gradients.map((gradient) => gradient.data()))
        tf.dispose(gradients)
        pieces.forEach((piece, index) => piece.forEach((value, k) => (sums[index]![k]! += value)))
      }
      return Float64Array.from(sums.flatMap((values) => [...values]))
    },
  }
}

/** Computes the gradient of sum slopes * logits in each variable, and disposes the inputs. */
function gradientsOf(
  model: LayersModel,
  variables: readonly tf.Variable[],
  inputs: tf.Tensor,
  slopesOf: (rows: number) => Float64Array,
): tf.Tensor[] {
  return tf.tidy(() => {
    const [rows] = inputs.shape as [number]
    const slopes = slopesOf(rows)
    const weights = tf.tensor2d(Float32Array.from(slopes), [rows, slopes.length / rows])
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.mul(model.apply(inputs, { training: false }) as tf.Tensor2D, weights)),
      [...variables],
    )
    tf.dispose(inputs)
    return variables.map((variable) => grads[variable.name]!)
  })
}
