import * as tf from '@tensorflow/tfjs-core'
import { assertLogits, assertPositive, assertSameShape } from '../assertions.js'
import { runFusedKernel, type FusedKernel } from './fused-kernel.js'
import { rowExponentials, rowLogSumExp, rowMaximum } from './kernel-rows.js'

/**
 * Cross-entropy of each example to a distribution over the classes, in nats.
 *
 *     loss_i = -sum_j softLabels_ij log softmax(logits_i / temperature)_j
 *
 * It differs from the KL divergence by the entropy of the soft labels and has the same gradient in the logits. Not
 * multiplied by temperature squared. Soft labels need not sum to one. Closed-form gradients for both arguments.
 *
 * @param logits - [N, C] unnormalised
 * @param softLabels - [N, C] weights of the classes, used as they are
 * @param temperature - > 0, default 1; divides the logits only
 * @returns [N] losses
 * @throws {@link ShapeError} when the shapes differ or are not [N, C]
 * @throws {@link InvalidArgumentError} when the temperature is not > 0
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { softCrossEntropy } from '@kd/core'
 *
 * softCrossEntropy(tf.tensor2d([[0, 0]]), tf.tensor2d([[0.5, 0.5]])).print() // [0.6931472]
 * ```
 */
export function softCrossEntropy(logits: tf.Tensor2D, softLabels: tf.Tensor2D, temperature = 1): tf.Tensor1D {
  assertLogits(logits, 'logits', 'softCrossEntropy')
  assertSameShape({ logits, softLabels }, 'softCrossEntropy')
  assertPositive(temperature, 'temperature', 'softCrossEntropy')
  if (tf.getGradient(forward.name) == null) registerGradient()
  return runFusedKernel(forward, { logits, softLabels }, { temperature })
}

function registerGradient(): void {
  tf.registerGradient({
    kernelName: forward.name,
    inputsToSave: ['logits', 'softLabels'],
    gradFunc: (dy, saved, attributes) => {
      const { temperature } = attributes as unknown as { temperature: number }
      const [logits, softLabels] = saved as [tf.Tensor, tf.Tensor]
      const lossGradient = dy as tf.Tensor
      return {
        logits: () => runFusedKernel(backward, { logits, softLabels, lossGradient }, { temperature }),
        softLabels: () =>
          tf.mul(tf.neg(tf.expandDims(lossGradient, 1)), tf.logSoftmax(tf.div(logits, temperature))),
      }
    },
  })
}

const forward: FusedKernel = {
  name: 'KdSoftCrossEntropy',
  outputShape: ({ logits }) => [logits!.shape[0]],
  loop([logits, softLabels], losses, classes, { temperature }) {
    for (let row = 0; row < losses.length; row++) {
      const start = row * classes
      const maximum = rowMaximum(logits!, start, classes)
      const logNormalizer = rowLogSumExp(logits!, start, classes, maximum, temperature!)
      let loss = 0
      for (let index = start; index < start + classes; index++) {
        const weight = softLabels![index]!
        // A class without weight adds nothing, also where its logit is -Infinity.
        if (weight !== 0) loss += weight * (logNormalizer - (logits![index]! - maximum) / temperature!)
      }
      losses[row] = loss
    }
  },
  compose: ({ logits, softLabels }, { temperature }) =>
    tf.neg(tf.sum(tf.mul(softLabels!, tf.logSoftmax(tf.div(logits!, temperature!))), 1)),
}

const backward: FusedKernel = {
  name: 'KdSoftCrossEntropyGrad',
  outputShape: ({ logits }) => logits!.shape,
  loop([logits, softLabels, lossGradient], gradient, classes, { temperature }) {
    for (let row = 0; row < lossGradient!.length; row++) {
      const start = row * classes
      const scale = lossGradient![row]! / temperature!
      const sum = rowExponentials(logits!, start, classes, temperature!, gradient, start)
      let mass = 0
      for (let index = start; index < start + classes; index++) mass += softLabels![index]!
      for (let index = start; index < start + classes; index++) {
        gradient[index] = scale * ((mass / sum) * gradient[index]! - softLabels![index]!)
      }
    }
  },
  compose: ({ logits, softLabels, lossGradient }, { temperature }) =>
    tf.mul(
      tf.sub(tf.mul(tf.sum(softLabels!, 1, true), tf.softmax(tf.div(logits!, temperature!))), softLabels!),
      tf.div(tf.expandDims(lossGradient!, 1), temperature!),
    ),
}
