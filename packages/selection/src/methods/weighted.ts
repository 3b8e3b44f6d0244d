import { wrapMethod, type Method } from '@kd/core'
import { exampleColumns } from './example-columns.js'
import { givenValues, type ByIdOptions } from './values-by-id.js'
import { weighDistillation } from './weigh-distillation.js'

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
