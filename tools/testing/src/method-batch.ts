import * as tf from '@tensorflow/tfjs-core'
import { classification, type FeatureMap, type Step, type Task } from '@kd/core'

/** The numbers of a step, as a golden file or a test writes them. */
export interface BatchNumbers {
  /** [N][C] */
  readonly studentLogits: readonly (readonly number[])[]
  /** One [N][C] per teacher. */
  readonly teacherLogits: readonly (readonly (readonly number[])[])[]
  /** [N] */
  readonly labels: readonly number[]
  /** @defaultValue 0 */
  readonly epoch?: number
}

/** What a step has beside its numbers. */
export interface BatchExtras {
  /** The student's features by name. */
  readonly studentFeatures?: FeatureMap
  /** The features of each teacher by name. */
  readonly teacherFeatures?: readonly FeatureMap[]
  /** @defaultValue classification into as many classes as there are logits */
  readonly task?: Task
}

/**
 * Makes the step that a method sees, with ids 0..N-1.
 *
 * @param numbers - its logits and labels
 * @param studentLogits - a tensor in place of the numbers, for gradients
 * @param extras - features, where the method reads some
 * @returns the step; the caller disposes its tensors
 */
export function methodBatch(
  numbers: BatchNumbers,
  studentLogits?: tf.Tensor2D,
  extras: BatchExtras = {},
): Step {
  const classes = numbers.studentLogits[0]!.length
  return {
    ids: Int32Array.from(numbers.labels, (_, row) => row),
    inputs: tf.zeros([numbers.labels.length, 1]),
    labels: tf.tensor1d([...numbers.labels], 'int32'),
    studentLogits: studentLogits ?? matrix(numbers.studentLogits),
    teacherLogits: numbers.teacherLogits.map(matrix),
    studentFeatures: extras.studentFeatures ?? {},
    teacherFeatures: extras.teacherFeatures ?? numbers.teacherLogits.map(() => ({})),
    task: extras.task ?? classification({ outputs: classes }),
    epoch: numbers.epoch ?? 0,
    views: {},
  }
}

function matrix(rows: readonly (readonly number[])[]): tf.Tensor2D {
  return tf.tensor2d(rows.map((row) => [...row]))
}
