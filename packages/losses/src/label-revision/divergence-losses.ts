import * as tf from '@tensorflow/tfjs-core'
import { assertSameShape, crossEntropy, klDivergence, weight } from '@kd/core'
import type { ExampleLosses, OptionsOutput, Step } from '@kd/core'
import { reviseTeacherLogits, teacherRevisionOptions } from '../terms/revise-teacher-logits.js'

/** What the divergence form of Label Revision takes; the defaults are those of vanilla distillation. */
export const divergenceOptions = {
  ...teacherRevisionOptions,
  softLossWeight: weight(0.9, "weight of the revised teacher's term"),
  hardLossWeight: weight(0.1, "weight of the label's term"),
}

/** The losses of the divergence form of {@link labelRevision}, where it is documented. */
export function divergenceLosses(
  { studentLogits, teacherLogits: [teacherLogits], labels }: Step,
  options: OptionsOutput<typeof divergenceOptions>,
): ExampleLosses {
  const { eta, scope, temperature, softLossWeight, hardLossWeight } = options
  assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'labelRevision')
  const revised = reviseTeacherLogits(teacherLogits!, labels, { eta, scope, temperature })
  return {
    label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
    teacher: tf.mul(softLossWeight * temperature ** 2, klDivergence(revised, studentLogits, temperature)),
  }
}
