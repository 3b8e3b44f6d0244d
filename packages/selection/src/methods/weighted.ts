import { wrapMethod, type DistillationMethod } from '@kd/core'
import { valuesById, type ByIdOptions } from './values-by-id.js'
import { weightedLoss } from './weighted-loss.js'

/**
 * A weight per example between a method and the labels:
 *
 *     loss_i = weight_i * the method's + (1 - weight_i) * CE(student_i, label_i)
 *
 * The continuous form of {@link selected}, say with `rankScores(influence)` or
 * `sigmoidWeights(influence)` as weights. Unlike there the method sees the whole batch, and
 * each of its parts is multiplied example by example. Parts: the method's, and `unselected`.
 *
 * @param method - distils
 * @param weights - each in [0, 1]
 * @param options - `ids: dataset.train.ids` for weights in the order of a training split; without it they are by example id
 * @returns the combined method, named `weighted-` and the method's name
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
 * @see the idea of influence as a weight: KD-AIF, arXiv 2501.02705; that paper's formula is not the one here
 */
export function weighted(
  method: DistillationMethod,
  weights: ArrayLike<number>,
  { ids }: ByIdOptions = {},
): DistillationMethod {
  const weightOf = valuesById(weights, ids, 'weights', 'weighted')
  return wrapMethod(method, {
    name: `weighted-${method.name}`,
    loss: (batch) => weightedLoss(method, batch, weightOf),
  })
}
