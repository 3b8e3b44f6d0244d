import * as tf from '@tensorflow/tfjs-core'
import {
  assertLabels,
  assertLogits,
  assertSameShape,
  crossEntropy,
  defineMethod,
  klDivergence,
  labelAt,
  runFusedKernel,
  temperature,
  weight,
  withoutGradient,
  type FusedKernel,
  type OptionsOf,
} from '@kd/core'

/**
 * Corrects a wrong teacher by exchanging two of its logits: the largest and the label's (called LA or swap). The other
 * classes keep theirs; a right teacher is left as it is.
 *
 *     loss_i = softLossWeight * temperature^2 * KL(swapped teacher_i || student_i at temperature)
 *            + hardLossWeight * CE(student_i, label_i)
 *
 * Parts: `label`, `teacher`.
 *
 * @param options - see {@link SwapOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when the temperature is not > 0 or a weight is negative
 *
 * @example
 * ```ts
 * import { swap } from '@kd/losses'
 *
 * const method = swap({ softLossWeight: 0.9, hardLossWeight: 0.1 })
 * console.log(method.name) // swap
 * ```
 *
 * @see zju-SWJ/RLD, mdistiller/distillers/SWAP.py: the comparison of "Knowledge Distillation with Refined Logits", arXiv
 * 2408.07703. Defaults as there: the teacher's term alone, weight 1.
 */
export const swap = defineMethod({
  name: 'swap',
  summary: "exchange the logits of the teacher's wrong choice and of the label",
  source:
    'the comparison SWAP of Sun et al.: Knowledge Distillation with Refined Logits, ICCV 2025, arXiv 2408.07703',
  options: {
    temperature: temperature(4),
    softLossWeight: weight(1, "weight of the teacher's term"),
    hardLossWeight: weight(0, "weight of the label's term, which the authors' comparison does not have"),
  },
  needs: { teachers: 1 },
  loss: (
    { studentLogits, teacherLogits: [teacherLogits], labels },
    { temperature, softLossWeight, hardLossWeight },
  ) => {
    assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'swap')
    const divergence = klDivergence(swapLogits(teacherLogits!, labels), studentLogits, temperature)
    return {
      label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
      teacher: tf.mul(softLossWeight * temperature ** 2, divergence),
    }
  },
})

/** Options of {@link swap}. */
export type SwapOptions = OptionsOf<typeof swap>

/**
 * Exchanges each row's largest logit with the label's. Of equal largest logits the first counts. No gradient
 * flows.
 *
 * @param logits - [N, C] of the teacher
 * @param labels - [N] int32 class indices
 * @returns [N, C] the same numbers in each row, the largest at the label
 * @throws {@link ShapeError} when the shapes do not fit, {@link InvalidArgumentError} when labels are not int32
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { swapLogits } from '@kd/losses'
 *
 * swapLogits(tf.tensor2d([[2, 1, 0]]), tf.tensor1d([2], 'int32')).print() // [[0, 1, 2]]
 * ```
 */
export function swapLogits(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor2D {
  assertLogits(logits, 'logits', 'swapLogits')
  assertLabels(labels, logits, 'swapLogits')
  return withoutGradient(() => runFusedKernel<tf.Tensor2D>(exchange, { logits, labels }))
}

const exchange: FusedKernel = {
  name: 'KdSwapMaximumWithLabel',
  outputShape: ({ logits }) => logits!.shape,
  loop([logits, labels], swapped, classes) {
    swapped.set(logits!)
    for (let row = 0; row < labels!.length; row++) {
      const start = row * classes
      const target = start + labelAt(labels!, row, classes, 'swapLogits')
      let largest = start
      for (let index = start + 1; index < start + classes; index++) {
        if (logits![index]! > logits![largest]!) largest = index
      }
      swapped[largest] = logits![target]!
      swapped[target] = logits![largest]!
    }
  },
  compose({ logits, labels }) {
    const at = (classes: tf.Tensor): tf.Tensor => tf.oneHot(classes, logits!.shape[1]!)
    const ofLabel = tf.sum(tf.mul(logits!, at(labels!)), 1, true)
    const withLabelAtLargest = tf.where(tf.cast(at(tf.argMax(logits!, 1)), 'bool'), ofLabel, logits!)
    return tf.where(tf.cast(at(labels!), 'bool'), tf.max(logits!, 1, true), withLabelAtLargest)
  },
}
