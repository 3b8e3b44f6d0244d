import * as tf from '@tensorflow/tfjs-core'
import { rowExponentials, runFusedKernel, type FusedKernel } from '@kd/core'

/**
 * Weighted squared error between a softmax and probabilities: w_i mean_j (q_ij - p_ij)^2 with q = softmax(logits). The softmax
 * lies inside the kernel, which saves its own kernel and gradient.
 *
 * @param logits - [N, C]; the only argument with a gradient
 * @param probabilities - [N, C] p
 * @param weights - [N] w
 * @returns [N]
 */
export function probabilityError(
  logits: tf.Tensor2D,
  probabilities: tf.Tensor2D,
  weights: tf.Tensor1D,
): tf.Tensor1D {
  if (tf.getGradient(forward.name) == null) {
    tf.registerGradient({
      kernelName: forward.name,
      inputsToSave: ['logits', 'probabilities', 'weights'],
      gradFunc: (dy, saved) => ({
        logits: () =>
          runFusedKernel(backward, {
            logits: saved[0]!,
            probabilities: saved[1]!,
            weights: saved[2]!,
            lossGradient: dy as tf.Tensor,
          }),
      }),
    })
  }
  return runFusedKernel(forward, { logits, probabilities, weights })
}

const forward: FusedKernel = {
  name: 'KdProbabilityError',
  outputShape: ({ logits }) => [logits!.shape[0]],
  loop([logits, probabilities, weights], errors, classes) {
    const own = new Float32Array(classes)
    for (let row = 0; row < errors.length; row++) {
      const start = row * classes
      const total = rowExponentials(logits!, start, classes, 1, own, 0)
      let sum = 0
      for (let column = 0; column < classes; column++) {
        sum += (own[column]! / total - probabilities![start + column]!) ** 2
      }
      errors[row] = (weights![row]! * sum) / classes
    }
  },
  compose: ({ logits, probabilities, weights }) =>
    tf.mul(weights!, tf.mean(tf.squaredDifference(tf.softmax(logits!), probabilities!), 1)),
}

// With r = q - p the gradient is 2 w g / C times q (r - sum_j q_j r_j), for an incoming gradient g.
const backward: FusedKernel = {
  name: 'KdProbabilityErrorGrad',
  outputShape: ({ logits }) => logits!.shape,
  loop([logits, probabilities, weights, lossGradient], gradient, classes) {
    const own = new Float32Array(classes)
    for (let row = 0; row < lossGradient!.length; row++) {
      const start = row * classes
      const total = rowExponentials(logits!, start, classes, 1, own, 0)
      let mean = 0
      for (let column = 0; column < classes; column++) {
        own[column]! /= total
        mean += own[column]! * (own[column]! - probabilities![start + column]!)
      }
      const scale = (2 * weights![row]! * lossGradient![row]!) / classes
      for (let column = 0; column < classes; column++) {
        const residual = own[column]! - probabilities![start + column]!
        gradient[start + column] = scale * own[column]! * (residual - mean)
      }
    }
  },
  compose({ logits, probabilities, weights, lossGradient }) {
    const own = tf.softmax(logits!)
    const residual = tf.sub(own, probabilities!)
    const centred = tf.sub(residual, tf.sum(tf.mul(own, residual), 1, true))
    const scale = tf.mul(tf.expandDims(tf.mul(weights!, lossGradient!), 1), 2 / logits!.shape[1]!)
    return tf.mul(tf.mul(own, centred), scale)
  },
}
