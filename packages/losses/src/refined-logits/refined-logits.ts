import * as tf from '@tensorflow/tfjs-core'
import {
  assertLabels,
  assertSameShape,
  crossEntropy,
  defineMethod,
  klDivergence,
  temperature,
  weight,
  type OptionsOf,
  warmupEpochs,
  warmUpShare,
} from '@kd/core'
import { binaryDivergence } from '../terms/binary-divergence.js'
import { hideClasses } from '../terms/hide-classes.js'

/**
 * Refined logit distillation (RLD): takes from a teacher that may be wrong only what does not contradict the label. Its
 * confidence in its own best class becomes the student's wanted confidence in the label, and its opinion of the other
 * classes counts only for those that it puts below the label.
 *
 *     p, q  softmax of teacher and student, c the label, z the teacher's logits
 *     sampleConfidence  = KL([max p, 1 - max p] || [q_c, 1 - q_c])          at confidenceTemperature     (SCD)
 *     maskedCorrelation = KL(p || q) over the classes j with z_j < z_c      at temperature               (MCD)
 *     loss_i = hardLossWeight * CE(student_i, label_i)
 *            + ramp * sampleConfidenceWeight * confidenceTemperature^2 * sampleConfidence_i
 *            + ramp * maskedCorrelationWeight * temperature^2 * maskedCorrelation_i
 *     ramp   = min((epoch + 1) / warmupEpochs, 1), epochs from 0
 *
 * Where the teacher puts fewer than two classes below the label, maskedCorrelation is zero. Parts: `label`,
 * `sampleConfidence`, `maskedCorrelation`.
 *
 * @param options - see {@link RefinedLogitsOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when a temperature is not > 0, or a weight or the warm-up is negative
 *
 * @example
 * ```ts
 * import { refinedLogits } from '@kd/losses'
 *
 * const method = refinedLogits({ maskedCorrelationWeight: 4 })
 * console.log(method.name) // refined-logits
 * ```
 *
 * @see Sun et al.: Knowledge Distillation with Refined Logits, ICCV 2025, arXiv 2408.07703; zju-SWJ/RLD,
 * mdistiller/distillers/RLD.py and mdistiller/engine/cfg.py for the defaults.
 */
export const refinedLogits = defineMethod({
  name: 'refined-logits',
  summary: "keep the teacher's confidence and the classes below the label (RLD 2025)",
  source: 'Sun et al.: Knowledge Distillation with Refined Logits, ICCV 2025, arXiv 2408.07703',
  options: {
    temperature: temperature(4, 'softens teacher and student in the masked-correlation term'),
    confidenceTemperature: temperature(1, 'softens teacher and student in the sample-confidence term'),
    sampleConfidenceWeight: weight(1, 'weight of the sample-confidence term (alpha)'),
    maskedCorrelationWeight: weight(8, 'weight of the masked-correlation term (beta)'),
    hardLossWeight: weight(1, "weight of the label's term"),
    warmupEpochs,
  },
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels, epoch }, options) => {
    const { temperature, confidenceTemperature, sampleConfidenceWeight } = options
    const { maskedCorrelationWeight, hardLossWeight, warmupEpochs } = options
    // Checked before the mask, which would be broadcast.
    assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'refinedLogits')
    assertLabels(labels, teacherLogits!, 'refinedLogits')
    const sampleConfidence = binaryDivergence(
      { logits: teacherLogits!, classes: tf.argMax(teacherLogits!, 1), temperature: confidenceTemperature },
      { logits: studentLogits, classes: labels, temperature: confidenceTemperature },
    )
    const notBelowLabel = classesNotBelow(teacherLogits!, labels)
    const maskedCorrelation = klDivergence(
      hideClasses(teacherLogits!, notBelowLabel),
      hideClasses(studentLogits, notBelowLabel),
      temperature,
    )
    const ramp = warmUpShare(epoch, warmupEpochs)
    return {
      label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
      sampleConfidence: tf.mul(ramp * sampleConfidenceWeight * confidenceTemperature ** 2, sampleConfidence),
      maskedCorrelation: tf.mul(ramp * maskedCorrelationWeight * temperature ** 2, maskedCorrelation),
    }
  },
})

/** Options of {@link refinedLogits}; alpha and beta are the authors' names. */
export type RefinedLogitsOptions = OptionsOf<typeof refinedLogits>

/** [N, C] whether a class has at least the label's logit: the label itself, and what the teacher prefers to it. */
function classesNotBelow(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor {
  const atLabel = tf.oneHot(labels, logits.shape[1])
  return tf.greaterEqual(logits, tf.sum(tf.mul(logits, atLabel), 1, true))
}
