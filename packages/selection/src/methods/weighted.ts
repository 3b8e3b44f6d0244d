import { studentPhases, wrapMethod } from '@kd/core'
import type { ExampleLosses, Method, RunningMethod, Step } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import { exampleColumns } from './example-columns.js'
import { givenValues, type ByIdOptions, type ValueOf } from './values-by-id.js'

/**
 * A weight per example between a method and the labels:
 *
 *     loss_i = weight_i * the method's + (1 - weight_i) * the task's loss to label_i
 *
 * This is the continuous form of {@link selected}, for example with `rankScores(influence)` or `sigmoidWeights(influence)` as weights.
 * Unlike there the method sees the whole batch, and each of its parts is multiplied example by example. Parts: the method's, and
 * `unselected`.
 *
 * @param method - distils; any method for any task
 * @param weights - each in [0, 1]
 * @param options - `ids: dataset.train.ids` for weights in the order of a training split; without it they are by example id
 * @returns the combined method, named `weighted-` and the method's name; of single examples it says `distillationWeight`, beside what
 * the method says
 * @throws {@link InvalidArgumentError} when there are no weights, one is outside [0, 1], or ids and weights differ in length; in
 * training when an example has no row
 *
 * @example
 * ```ts
 * import { vanillaKd } from '@kd/losses'
 * import { rankScores, weighted } from '@kd/selection'
 *
 * const method = weighted(vanillaKd(), rankScores([0.3, -41, 0.2, 5]))
 * console.log(method.name) // weighted-vanilla-kd
 * ```
 *
 * @see KD-AIF, arXiv 2501.02705, for the idea of influence as a weight; that paper's formula is not the one here
 */
export function weighted(method: Method, weights: ArrayLike<number>, { ids }: ByIdOptions = {}): Method {
  const weightOf = givenValues(weights, ids, 'weights', 'weighted')
  return wrapMethod(method, {
    name: `weighted-${method.name}`,
    start: (_, inner) => ({
      ...weighDistillation(inner, weightOf),
      examples: exampleColumns(inner, () => ({ distillationWeight: weightOf })),
    }),
  })
}

/**
 * Gives each example a weight between a method and its label wherever the student learns, see {@link weighted}.
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
