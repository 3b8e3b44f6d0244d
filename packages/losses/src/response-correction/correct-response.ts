import * as tf from '@tensorflow/tfjs-core'
import { labelAt, rowMaximum, runFusedKernel, withoutGradient, type FusedKernel } from '@kd/core'

/**
 * Adds each row's largest logit to the label's. No gradient flows through the result.
 *
 * @param logits - [N, C] of the student
 * @param labels - [N] int32 class indices
 * @returns [N, C]
 */
export function correctResponse(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor2D {
  return withoutGradient(() => runFusedKernel<tf.Tensor2D>(kernel, { logits, labels }))
}

const kernel: FusedKernel = {
  name: 'KdAddMaximumToLabel',
  outputShape: ({ logits }) => logits!.shape,
  loop([logits, labels], corrected, classes) {
    corrected.set(logits!)
    for (let row = 0; row < labels!.length; row++) {
      const start = row * classes
      corrected[start + labelAt(labels!, row, classes, 'responseCorrection')]! += rowMaximum(
        logits!,
        start,
        classes,
      )
    }
  },
  compose({ logits, labels }) {
    const truth = tf.cast(tf.oneHot(labels as tf.Tensor1D, logits!.shape[1]!), 'float32')
    return tf.add(logits!, tf.mul(truth, tf.max(logits!, 1, true)))
  },
}
