import * as tf from '@tensorflow/tfjs-core'
import { runFusedKernel, type FusedKernel } from '@kd/core'

/**
 * Weighted squared error of each row: factor w_i mean_j (actual_ij - expected_ij)^2. One kernel, because stock operations need
 * a dozen with their gradients.
 *
 * @param actual - [N, C]; the only argument with a gradient
 * @param expected - [N, C]
 * @param weights - [N] w
 * @param factor - of all rows
 * @returns [N]
 */
export function meanSquaredError(
  actual: tf.Tensor2D,
  expected: tf.Tensor2D,
  weights: tf.Tensor1D,
  factor = 1,
): tf.Tensor1D {
  if (tf.getGradient(forward.name) == null) {
    tf.registerGradient({
      kernelName: forward.name,
      inputsToSave: ['actual', 'expected', 'weights'],
      gradFunc: (dy, [actual, expected, weights], attributes) => ({
        actual: () =>
          runFusedKernel(
            backward,
            { actual: actual!, expected: expected!, weights: weights!, lossGradient: dy as tf.Tensor },
            attributes as unknown as { factor: number },
          ),
      }),
    })
  }
  return runFusedKernel(forward, { actual, expected, weights }, { factor })
}

const forward: FusedKernel = {
  name: 'KdMeanSquaredError',
  outputShape: ({ actual }) => [actual!.shape[0]],
  loop([actual, expected, weights], errors, classes, { factor }) {
    for (let row = 0; row < errors.length; row++) {
      let sum = 0
      for (let index = row * classes; index < (row + 1) * classes; index++) {
        sum += (actual![index]! - expected![index]!) ** 2
      }
      errors[row] = (factor! * weights![row]! * sum) / classes
    }
  },
  compose: ({ actual, expected, weights }, { factor }) =>
    tf.mul(tf.mul(weights!, factor!), tf.mean(tf.squaredDifference(actual!, expected!), 1)),
}

const backward: FusedKernel = {
  name: 'KdMeanSquaredErrorGrad',
  outputShape: ({ actual }) => actual!.shape,
  loop([actual, expected, weights, lossGradient], gradient, classes, { factor }) {
    for (let row = 0; row < lossGradient!.length; row++) {
      const scale = (2 * factor! * weights![row]! * lossGradient![row]!) / classes
      for (let index = row * classes; index < (row + 1) * classes; index++) {
        gradient[index] = scale * (actual![index]! - expected![index]!)
      }
    }
  },
  compose({ actual, expected, weights, lossGradient }, { factor }) {
    const scale = tf.mul(tf.expandDims(tf.mul(weights!, lossGradient!), 1), (2 * factor!) / actual!.shape[1]!)
    return tf.mul(tf.sub(actual!, expected!), scale)
  },
}
