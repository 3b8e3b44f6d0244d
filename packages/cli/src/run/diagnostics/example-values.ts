import { reviseSoftLabels, reviseTeacherLogits, softLabelWeights } from '@kd/losses'
import * as tf from '@tensorflow/tfjs-core'
import type { MeasuredMethod } from './measured-method.js'

/** A student's and its first teacher's word on N training examples. */
export interface SeenByBoth {
  /** [N] */
  readonly labels: Int32Array
  /** [N * C] */
  readonly student: Float32Array
  readonly teacher: Float32Array
}

/** What a method makes of each of N examples. */
export interface ExampleValues {
  /** The teacher's probability of the label at temperature 1. */
  readonly ofLabel: Float32Array
  /** Probability that Label Revision moves; 0 where it leaves the soft label as it is. */
  readonly moved?: Float32Array
  /** That Weighted Soft Labels gives to the soft label. */
  readonly weight?: Float32Array
}

/** Computes what a method makes of examples. */
export async function exampleValues(
  seen: SeenByBoth,
  { revision, weighing }: MeasuredMethod,
): Promise<ExampleValues> {
  const shape: [number, number] = [seen.labels.length, seen.teacher.length / seen.labels.length]
  const values = tf.tidy(() => {
    const labels = tf.tensor1d(seen.labels, 'int32')
    const teacher = tf.tensor2d(seen.teacher, shape)
    return {
      ofLabel: tf.sum<tf.Tensor1D>(tf.mul(tf.softmax(teacher), tf.oneHot(labels, shape[1])), 1),
      ...(revision && { moved: moved(teacher, labels, revision) }),
      ...(weighing && {
        weight: softLabelWeights(
          tf.tensor2d(seen.student, shape),
          revision ? reviseTeacherLogits(teacher, labels, revision) : teacher,
          labels,
          weighing,
        ),
      }),
    }
  })
  const { ofLabel, ...others } = values
  const found = {
    ofLabel: await ofLabel.data<'float32'>(),
    ...(others.moved && { moved: await others.moved.data<'float32'>() }),
    ...(others.weight && { weight: await others.weight.data<'float32'>() }),
  }
  tf.dispose(values)
  return found
}

function moved(
  teacher: tf.Tensor2D,
  labels: tf.Tensor1D,
  { temperature, ...options }: NonNullable<MeasuredMethod['revision']>,
): tf.Tensor1D {
  const softLabels = tf.softmax(tf.div<tf.Tensor2D>(teacher, temperature))
  const change = tf.sub(reviseSoftLabels(softLabels, labels, options), softLabels)
  return tf.mul(0.5, tf.sum<tf.Tensor1D>(tf.abs(change), 1))
}

/** The class that each row of logits [N * C] is for; of equal ones the first. */
export function predictionsOf(logits: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, row) => {
    const ofRow = logits.subarray(row * classes, (row + 1) * classes)
    return ofRow.indexOf(Math.max(...ofRow))
  })
}
