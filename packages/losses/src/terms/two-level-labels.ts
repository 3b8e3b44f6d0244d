import * as tf from '@tensorflow/tfjs-core'
import { assertLabels, assertLogits, labelAt, runFusedKernel, withoutGradient } from '@kd/core'
import type { FusedKernel } from '@kd/core'

/** The two numbers that a row of {@link twoLevelLabels} holds. */
export interface TwoLevels {
  /** The value at the label. */
  readonly label: number
  /** The value at every other class. */
  readonly others: number
}

/**
 * Soft labels made from labels alone: one number at the label, another at all other classes.
 *
 * @param logits - [N, C], for the shape
 * @param labels - [N] int32 class indices
 * @param levels - see {@link TwoLevels}
 * @param functionName - the function that was called, for messages
 * @returns [N, C]
 */
export function twoLevelLabels(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  { label, others }: TwoLevels,
  functionName: string,
): tf.Tensor2D {
  assertLogits(logits, 'studentLogits', functionName)
  assertLabels(labels, logits, functionName)
  return withoutGradient(() => runFusedKernel<tf.Tensor2D>(kernel, { logits, labels }, { label, others }))
}

const kernel: FusedKernel = {
  name: 'KdTwoLevelLabels',
  outputShape: ({ logits }) => logits!.shape,
  loop([, labels], softLabels, classes, { label, others }) {
    softLabels.fill(others!)
    for (let row = 0; row < labels!.length; row++) {
      softLabels[row * classes + labelAt(labels!, row, classes, 'twoLevelLabels')] = label!
    }
  },
  compose({ logits, labels }, { label, others }) {
    // Cast afterwards: the wasm engine writes integers into a oneHot that is asked to be float.
    const truth = tf.cast(tf.oneHot(labels as tf.Tensor1D, logits!.shape[1]!), 'float32')
    return tf.add(tf.mul(truth, label! - others!), others!)
  },
}
