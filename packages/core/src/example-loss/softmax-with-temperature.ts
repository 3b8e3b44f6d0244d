import * as tf from '@tensorflow/tfjs-core'
import { assertLogits, assertPositive } from '../assertions.js'
import { runFusedKernel, type FusedKernel } from './fused-kernel.js'
import { rowExponentials } from './kernel-rows.js'

/**
 * Softened class probabilities: softmax(logits / temperature), with a closed-form gradient.
 *
 * @param logits - [N, C] unnormalised
 * @param temperature - > 0, default 1; larger is softer
 * @returns [N, C] rows that sum to one
 * @throws {@link ShapeError} when logits are not [N, C]
 * @throws {@link InvalidArgumentError} when the temperature is not > 0
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { softmaxWithTemperature } from '@kd/core'
 *
 * softmaxWithTemperature(tf.tensor2d([[2, 0]]), 2).print() // [[0.7310586, 0.2689414]]
 * ```
 */
export function softmaxWithTemperature(logits: tf.Tensor2D, temperature = 1): tf.Tensor2D {
  assertLogits(logits, 'logits', 'softmaxWithTemperature')
  assertPositive(temperature, 'temperature', 'softmaxWithTemperature')
  if (tf.getGradient(forward.name) == null) registerGradient()
  return runFusedKernel(forward, { logits }, { temperature })
}

function registerGradient(): void {
  tf.registerGradient({
    kernelName: forward.name,
    outputsToSave: [true],
    gradFunc: (dy, [probabilities], attributes) => ({
      logits: () =>
        runFusedKernel(
          backward,
          { probabilities: probabilities!, outputGradient: dy as tf.Tensor },
          { temperature: (attributes as unknown as { temperature: number }).temperature },
        ),
    }),
  })
}

const forward: FusedKernel = {
  name: 'KdSoftmax',
  outputShape: ({ logits }) => logits!.shape,
  loop([logits], probabilities, classes, { temperature }) {
    for (let start = 0; start < probabilities.length; start += classes) {
      const sum = rowExponentials(logits!, start, classes, temperature!, probabilities, start)
      for (let index = start; index < start + classes; index++) probabilities[index]! /= sum
    }
  },
  compose: ({ logits }, { temperature }) => tf.softmax(tf.div(logits!, temperature!)),
}

// p (g - sum_j p_j g_j) / temperature for an incoming gradient g.
const backward: FusedKernel = {
  name: 'KdSoftmaxGrad',
  outputShape: ({ probabilities }) => probabilities!.shape,
  loop([probabilities, outputGradient], gradient, classes, { temperature }) {
    for (let start = 0; start < gradient.length; start += classes) {
      let mean = 0
      for (let index = start; index < start + classes; index++) {
        mean += probabilities![index]! * outputGradient![index]!
      }
      for (let index = start; index < start + classes; index++) {
        gradient[index] = (probabilities![index]! * (outputGradient![index]! - mean)) / temperature!
      }
    }
  },
  compose({ probabilities, outputGradient }, { temperature }) {
    const weighted = tf.mul(probabilities!, outputGradient!)
    return tf.div(tf.sub(weighted, tf.mul(probabilities!, tf.sum(weighted, 1, true))), temperature!)
  },
}
