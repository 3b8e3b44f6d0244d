import * as tf from '@tensorflow/tfjs-core'
import { assertInRange, assertLogits, assertSameShape, crossEntropy, meanLoss } from '@kd/core'
import { softmaxWithTemperature, type DistillationMethod } from '@kd/core'
import { groupWeights } from './group-weights.js'
import { meanSquaredError } from './mean-squared-error.js'
import { probabilityError } from './probability-error.js'
import { reviseSoftLabels } from './revise-soft-labels.js'
import { assertRevisionOptions, type RevisionOptions } from './revision-options.js'

/** What the squared-error form of Label Revision takes beside eta and scope. */
export interface MeanSquaredRevisionOptions {
  /**
   * Weight of the squared error between logits, where the teacher is kept, >= 0; lambda1 of the RLD authors' code.
   * @defaultValue 4
   */
  readonly logitLossWeight?: number
  /**
   * Weight of the squared error between probabilities, where it is revised, >= 0; their lambda2.
   * @defaultValue 1
   */
  readonly revisedLossWeight?: number
  /**
   * Whether examples on which the teacher is wrong have the label's cross-entropy as well. Their code: no.
   * @defaultValue false
   */
  readonly labelLossOnWrong?: boolean
  /**
   * Whether each part is a mean over its own group of examples, so that the weight of an example depends on how many
   * others share its group, as in their code; if not, over the whole batch.
   * @defaultValue true
   */
  readonly groupMeans?: boolean
}

/** The squared-error form of {@link labelRevision}, where it is documented. */
export function meanSquaredRevision({
  eta = 0.8,
  scope = 'wrong-only',
  logitLossWeight = 4,
  revisedLossWeight = 1,
  labelLossOnWrong = false,
  groupMeans = true,
}: RevisionOptions & MeanSquaredRevisionOptions): DistillationMethod {
  assertRevisionOptions({ eta, scope }, 'labelRevision')
  assertInRange(logitLossWeight, { min: 0 }, 'logitLossWeight', 'labelRevision')
  assertInRange(revisedLossWeight, { min: 0 }, 'revisedLossWeight', 'labelRevision')
  return {
    name: 'label-revision',
    requires: { teachers: 1 },
    loss({ studentLogits, teacherLogits: [teacherLogits], labels }) {
      assertLogits(studentLogits, 'studentLogits', 'labelRevision')
      assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'labelRevision')
      const group = (teacherIs: 'right' | 'wrong', weight: number): tf.Tensor1D =>
        groupWeights(teacherLogits!, labels, { teacherIs, weight, groupMeans })
      const right = group('right', 1)
      const labelLosses = crossEntropy(studentLogits, labels)
      const label = labelLossOnWrong ? labelLosses : tf.mul<tf.Tensor1D>(right, labelLosses)
      // Every row is revised; the weight 0 takes out those that are not wanted.
      const softLabels = reviseSoftLabels(softmaxWithTemperature(teacherLogits!), labels, {
        eta,
        scope: 'all',
      })
      const revised = (weights: tf.Tensor1D): tf.Tensor1D =>
        probabilityError(studentLogits, softLabels, weights)
      if (scope === 'all')
        return meanLoss({ label, revised: revised(tf.fill(labels.shape, revisedLossWeight)) })
      return meanLoss({
        label,
        teacher: meanSquaredError(studentLogits, teacherLogits!, right, logitLossWeight),
        revised: revised(group('wrong', revisedLossWeight)),
      })
    },
  }
}
