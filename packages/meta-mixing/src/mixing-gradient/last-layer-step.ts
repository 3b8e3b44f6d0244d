import * as tf from '@tensorflow/tfjs-core'
import { oneHotLabels } from './label-residuals.js'
import type { MixingGradientOptions } from './mixing-gradient-options.js'

/** A look-ahead step, ready to be tried with several weights. */
export interface LookAheadStep {
  /** Gives the gradient of the held-out loss after the step: [N, K] from weights [N, K]. */
  gradient(weights: tf.Tensor2D): tf.Tensor2D
  /** Disposes what was prepared; the options' tensors stay. */
  dispose(): void
}

/**
 * A step of the last layer. Prepares what does not depend on the weights. The bias is the kernel's row for a feature that is always 1, so that one
 * product does for both.
 *
 * @param options - of `mixingGradient` without its weights; shapes are not checked
 * @returns the step
 */
export function lastLayerStep({
  termGradients,
  features,
  validation,
  learningRate,
}: Omit<MixingGradientOptions, 'weights'>): LookAheadStep {
  const { logits, labels } = validation
  const [examples, classes] = logits.shape
  const kept = tf.tidy(() => ({
    inputs: withBias(features),
    heldOut: withBias(validation.features),
    truth: oneHotLabels(labels, classes),
  }))
  const { inputs, heldOut, truth } = kept
  return {
    gradient: (weights) =>
      tf.tidy(() => {
        const columns = tf.split(weights, termGradients.length, 1)
        const step = termGradients
          .map((gradient, term) => tf.mul<tf.Tensor2D>(columns[term]!, gradient))
          .reduce((left, right) => tf.add(left, right))
        const kernelStep = tf.mul<tf.Tensor2D>(-learningRate, tf.matMul(step, inputs, true))
        const ahead = tf.add<tf.Tensor2D>(logits, tf.matMul(heldOut, kernelStep, false, true))
        const residuals = tf.sub<tf.Tensor2D>(tf.softmax(ahead), truth)
        const direction = tf.mul<tf.Tensor2D>(-learningRate / examples, tf.matMul(residuals, heldOut, true))
        const towards = tf.matMul(inputs, direction, false, true)
        return tf.concat(
          termGradients.map((gradient) => tf.sum<tf.Tensor2D>(tf.mul(gradient, towards), 1, true)),
          1,
        )
      }),
    dispose: () => {
      tf.dispose({ ...kept })
    },
  }
}

function withBias(features: tf.Tensor2D): tf.Tensor2D {
  return tf.concat([features, tf.ones([features.shape[0], 1])] as tf.Tensor2D[], 1)
}
