import * as tf from '@tensorflow/tfjs-core'
import { assertLabels, assertLogits } from '../assertions.js'
import { runFusedKernel, type FusedKernel } from './fused-kernel.js'
import { labelAt, rowExponentials, rowLogSumExp, rowMaximum } from './kernel-rows.js'

/**
 * Cross-entropy of each example to its label, in nats.
 *
 *     loss_i = -log softmax(logits_i)[labels_i]
 *
 * Stable for logits of any finite size. The gradient is the closed form `softmax(logits) - oneHot(labels)`; second
 * derivatives are not provided.
 *
 * @param logits - [N, C] unnormalised
 * @param labels - [N] int32 class indices in [0, C)
 * @returns [N] losses, >= 0
 * @throws {@link ShapeError} when the shapes do not fit
 * @throws {@link InvalidArgumentError} when labels are not int32, or out of range on an engine that can see them (cpu, wasm)
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { crossEntropy } from '@kd/core'
 *
 * crossEntropy(tf.tensor2d([[2, 1, 0]]), tf.tensor1d([0], 'int32')).print() // [0.4076059]
 * ```
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  assertLogits(logits, 'logits', 'crossEntropy')
  assertLabels(labels, logits, 'crossEntropy')
  if (tf.getGradient(forward.name) == null) {
    tf.registerGradient({
      kernelName: forward.name,
      inputsToSave: ['logits', 'labels'],
      gradFunc: (dy, saved) => ({
        logits: () =>
          runFusedKernel(backward, { logits: saved[0]!, labels: saved[1]!, lossGradient: dy as tf.Tensor }),
      }),
    })
  }
  return runFusedKernel(forward, { logits, labels })
}

const forward: FusedKernel = {
  name: 'KdCrossEntropy',
  outputShape: ({ logits }) => [logits!.shape[0]],
  loop([logits, labels], losses, classes) {
    for (let row = 0; row < losses.length; row++) {
      const start = row * classes
      const label = labelAt(labels!, row, classes, 'crossEntropy')
      const maximum = rowMaximum(logits!, start, classes)
      losses[row] = rowLogSumExp(logits!, start, classes, maximum, 1) + maximum - logits![start + label]!
    }
  },
  compose: ({ logits, labels }) =>
    tf.neg(tf.sum(tf.mul(tf.oneHot(labels as tf.Tensor1D, logits!.shape[1]!), tf.logSoftmax(logits!)), 1)),
}

const backward: FusedKernel = {
  name: 'KdCrossEntropyGrad',
  outputShape: ({ logits }) => logits!.shape,
  loop([logits, labels, lossGradient], gradient, classes) {
    for (let row = 0; row < lossGradient!.length; row++) {
      const start = row * classes
      const sum = rowExponentials(logits!, start, classes, 1, gradient, start)
      const scale = lossGradient![row]! / sum
      for (let index = start; index < start + classes; index++) gradient[index]! *= scale
      gradient[start + labels![row]!]! -= lossGradient![row]!
    }
  },
  compose: ({ logits, labels, lossGradient }) =>
    tf.mul(
      tf.sub(tf.softmax(logits!), tf.oneHot(labels as tf.Tensor1D, logits!.shape[1]!)),
      tf.expandDims(lossGradient!, 1),
    ),
}
