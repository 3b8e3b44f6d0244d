import * as tf from '@tensorflow/tfjs-core'
import { labelAt, runFusedKernel, type FusedKernel, type KernelArray } from '@kd/core'
import { hideLabel } from './hide-classes.js'

/**
 * Log odds of each row's label against all other classes together:
 *
 *     margin_i = z_c / temperature - log sum_{j != c} exp(z_j / temperature),  c the label
 *
 * so that the label's probability is the sigmoid of it, with nothing lost near 0 or 1. Closed-form gradient.
 *
 * @param logits - [N, C], C >= 2
 * @param labels - [N] int32
 * @param temperature - > 0
 * @returns [N]
 */
export function labelMargin(logits: tf.Tensor2D, labels: tf.Tensor1D, temperature: number): tf.Tensor1D {
  if (tf.getGradient(forward.name) == null) {
    tf.registerGradient({
      kernelName: forward.name,
      inputsToSave: ['logits', 'labels'],
      gradFunc: (dy, [logits, labels], attributes) => ({
        logits: () =>
          runFusedKernel(
            backward,
            { logits: logits!, labels: labels!, marginGradient: dy as tf.Tensor },
            attributes as unknown as { temperature: number },
          ),
      }),
    })
  }
  return runFusedKernel(forward, { logits, labels }, { temperature })
}

const forward: FusedKernel = {
  name: 'KdLabelMargin',
  outputShape: ({ logits }) => [logits!.shape[0]],
  loop([logits, labels], margins, classes, { temperature }) {
    for (let row = 0; row < margins.length; row++) {
      const start = row * classes
      const target = start + labelAt(labels!, row, classes, 'labelMargin')
      const maximum = maximumOfRest(logits!, start, classes, target)
      let sum = 0
      for (let index = start; index < start + classes; index++) {
        if (index !== target) sum += Math.exp((logits![index]! - maximum) / temperature!)
      }
      margins[row] = (logits![target]! - maximum) / temperature! - Math.log(sum)
    }
  },
  compose({ logits, labels }, { temperature }) {
    const ofLabel = tf.sum(tf.mul(logits!, tf.oneHot(labels as tf.Tensor1D, logits!.shape[1]!)), 1)
    const rest = tf.div(hideLabel(logits as tf.Tensor2D, labels as tf.Tensor1D), temperature!)
    return tf.sub(tf.div(ofLabel, temperature!), tf.logSumExp(rest, 1))
  },
}

const backward: FusedKernel = {
  name: 'KdLabelMarginGrad',
  outputShape: ({ logits }) => logits!.shape,
  loop([logits, labels, marginGradient], gradient, classes, { temperature }) {
    for (let row = 0; row < marginGradient!.length; row++) {
      const start = row * classes
      const target = start + labels![row]!
      const maximum = maximumOfRest(logits!, start, classes, target)
      const scale = marginGradient![row]! / temperature!
      let sum = 0
      for (let index = start; index < start + classes; index++) {
        if (index === target) continue
        gradient[index] = Math.exp((logits![index]! - maximum) / temperature!)
        sum += gradient[index]!
      }
      for (let index = start; index < start + classes; index++) gradient[index]! *= -scale / sum
      gradient[target] = scale
    }
  },
  compose({ logits, labels, marginGradient }, { temperature }) {
    const rest = tf.div(hideLabel(logits as tf.Tensor2D, labels as tf.Tensor1D), temperature!)
    const direction = tf.sub(tf.oneHot(labels as tf.Tensor1D, logits!.shape[1]!), tf.softmax(rest))
    return tf.mul(direction, tf.div(tf.expandDims(marginGradient!, 1), temperature!))
  },
}

function maximumOfRest(logits: KernelArray, start: number, classes: number, target: number): number {
  let maximum = -Infinity
  for (let index = start; index < start + classes; index++) {
    if (index !== target && logits[index]! > maximum) maximum = logits[index]!
  }
  return maximum
}
