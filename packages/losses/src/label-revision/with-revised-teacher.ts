import * as tf from '@tensorflow/tfjs-core'
import { assertPositive, assertSameShape, wrapMethod } from '@kd/core'
import type { DistillationBatch, DistillationMethod, EpochContext } from '@kd/core'
import { reviseTeacherLogits, type TeacherRevisionOptions } from './revise-teacher-logits.js'
import { assertRevisionOptions } from './revision-options.js'

/**
 * Any method on revised labels: hands it the teachers' logits after Label Revision.
 *
 * Give the temperature at which the method reads the teacher, so that it sees exactly the revised soft labels; see
 * {@link reviseTeacherLogits} for what holds at other temperatures. Everything that the method computes from the teacher
 * follows: the weight of Weighted Soft Labels, for instance, compares the student with the revised teacher at
 * temperature 1, because that is the teacher whom it is about to hear.
 *
 * @param method - what to do with the revised teacher, such as `weightedSoftLabels()`
 * @param options - see {@link TeacherRevisionOptions}
 * @returns the combined method, named `revised-` and the method's name
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { weightedSoftLabels, withRevisedTeacher } from '@kd/losses'
 *
 * const method = withRevisedTeacher(weightedSoftLabels({ temperature: 4 }), { eta: 0.8, temperature: 4 })
 * console.log(method.name) // revised-weighted-soft-labels
 * ```
 *
 * @see {@link labelRevision} for the method of the paper. That other methods can hear a revised teacher is our addition.
 */
export function withRevisedTeacher(
  method: DistillationMethod,
  { eta = 0.8, scope = 'wrong-only', temperature = 4 }: TeacherRevisionOptions = {},
): DistillationMethod {
  assertRevisionOptions({ eta, scope }, 'withRevisedTeacher')
  assertPositive(temperature, 'temperature', 'withRevisedTeacher')
  const revise = <Batch extends DistillationBatch>(batch: Batch): Batch => ({
    ...batch,
    teacherLogits: batch.teacherLogits.map((teacherLogits) => {
      assertSameShape({ teacherLogits, studentLogits: batch.studentLogits }, 'withRevisedTeacher')
      return reviseTeacherLogits(teacherLogits, batch.labels, { eta, scope, temperature })
    }),
  })
  return wrapMethod(method, {
    name: `revised-${method.name}`,
    loss: (batch) => method.loss(revise(batch)),
    ...(method.beforeEpoch && {
      beforeEpoch: (context: EpochContext) =>
        method.beforeEpoch!({
          ...context,
          forEachBatch: (split, visit, pass) =>
            context.forEachBatch(
              split,
              async (batch) => {
                const revised = revise(batch)
                try {
                  await visit(revised)
                } finally {
                  tf.dispose([...revised.teacherLogits])
                }
              },
              pass,
            ),
        }),
    }),
  })
}
