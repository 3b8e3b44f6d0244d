import * as tf from '@tensorflow/tfjs-core'
import { assertLogits, assertSameShape, crossEntropy, flag, softmaxWithTemperature, weight } from '@kd/core'
import type { ExampleLosses, OptionsOutput, Step } from '@kd/core'
import { reviseSoftLabels } from '../terms/revise-soft-labels.js'
import { revisionOptions } from '../terms/revision-options.js'
import { groupWeights } from './group-weights.js'
import { meanSquaredError } from './mean-squared-error.js'
import { probabilityError } from './probability-error.js'

/** What the squared-error form of Label Revision takes; the names lambda are those of the RLD authors' code. */
export const meanSquaredOptions = {
  ...revisionOptions,
  logitLossWeight: weight(
    4,
    'weight of the squared error between logits, where the teacher is kept (lambda1)',
  ),
  revisedLossWeight: weight(
    1,
    'weight of the squared error between probabilities, where it is revised (lambda2)',
  ),
  labelLossOnWrong: flag(
    false,
    "whether examples on which the teacher is wrong have the label's cross-entropy as well; in the RLD authors' code they have not",
  ),
  groupMeans: flag(
    true,
    'whether each part is a mean over its own group of examples, so that the weight of an example depends on how many others share ' +
      "its group, as in the RLD authors' code; if not, over the whole batch",
  ),
}

/** The losses of the squared-error form of {@link labelRevision}, where it is documented. */
export function meanSquaredLosses(
  { studentLogits, teacherLogits: [teacherLogits], labels }: Step,
  options: OptionsOutput<typeof meanSquaredOptions>,
): ExampleLosses {
  const { eta, scope, logitLossWeight, revisedLossWeight, labelLossOnWrong, groupMeans } = options
  assertLogits(studentLogits, 'studentLogits', 'labelRevision')
  assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'labelRevision')
  const group = (teacherIs: 'right' | 'wrong', weight: number): tf.Tensor1D =>
    groupWeights(teacherLogits!, labels, { teacherIs, weight, groupMeans })
  const right = group('right', 1)
  const labelLosses = crossEntropy(studentLogits, labels)
  const label = labelLossOnWrong ? labelLosses : tf.mul<tf.Tensor1D>(right, labelLosses)
  // Every row is revised; the weight 0 takes out those that are not wanted.
  const softLabels = reviseSoftLabels(softmaxWithTemperature(teacherLogits!), labels, { eta, scope: 'all' })
  const revised = (weights: tf.Tensor1D): tf.Tensor1D => probabilityError(studentLogits, softLabels, weights)
  if (scope === 'all') return { label, revised: revised(tf.fill(labels.shape, revisedLossWeight)) }
  return {
    label,
    teacher: meanSquaredError(studentLogits, teacherLogits!, right, logitLossWeight),
    revised: revised(group('wrong', revisedLossWeight)),
  }
}
