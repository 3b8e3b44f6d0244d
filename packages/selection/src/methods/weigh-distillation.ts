import { studentPhases } from '@kd/core'
import type { ExampleLosses, RunningMethod, Step } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ValueOf } from './values-by-id.js'

/**
 * Gives each example a weight between a method and its label wherever the student learns, as `weighted` does.
 *
 * @param inner - the method in a run
 * @param weightOf - in [0, 1]
 * @returns what changes of the method
 */
export function weighDistillation(inner: RunningMethod, weightOf: ValueOf): Pick<RunningMethod, 'phases'> {
  return {
    phases: studentPhases(inner, (step, lossOf) => weighedLoss(step, lossOf, weightOf)),
  }
}

function weighedLoss(step: Step, lossOf: (step: Step) => ExampleLosses, weightOf: ValueOf): ExampleLosses {
  const weight = tf.tensor1d(Array.from(step.ids, weightOf))
  return {
    ...Object.fromEntries(
      Object.entries(lossOf(step)).map(([name, part]) => [name, tf.mul<tf.Tensor1D>(weight, part)]),
    ),
    unselected: tf.mul(tf.sub(1, weight), step.task.labelLoss(step.studentLogits, step.labels)),
  }
}
