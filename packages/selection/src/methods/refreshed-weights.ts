import { assertPositive, type DistillationMethod } from '@kd/core'
import { sigmoidWeights, type SigmoidWeightsOptions } from '../choice/sigmoid-weights.js'
import { refreshedMethod, type RefreshOptions } from './refreshed-method.js'
import { weightedLoss } from './weighted-loss.js'

/** Options of {@link refreshedWeights}. */
export interface RefreshedWeightsOptions extends RefreshOptions, SigmoidWeightsOptions {}

/**
 * Influence as a continuous weight, computed by the run itself, before the first epoch or again every few epochs: each example is
 * distilled as much as {@link sigmoidWeights} says and taught by its label for the rest, as {@link weighted} does.
 *
 * @param method - distils; it sees the whole batch
 * @param options - see {@link RefreshedWeightsOptions}
 * @returns the combined method, named `weighted-` and the method's name; its state is the current weights
 * @throws {@link InvalidArgumentError} when an option is out of range; in training as {@link lastLayerInfluence}
 *
 * @example
 * ```ts
 * import { vanillaKd } from '@kd/losses'
 * import { refreshedWeights } from '@kd/selection'
 *
 * const method = refreshedWeights(vanillaKd(), { model: 'student', every: 5 })
 * console.log(method.name, method.requires?.validation) // weighted-vanilla-kd true
 * ```
 *
 * @see KD-AIF (Wu et al.: Knowledge Distillation with Adapted Weight, arXiv 2501.02705), whose abstract and public summaries say: influence
 * functions give training data their weights, through a sigmoid. Its formula was not at hand: scale, what is weighted, which model and
 * which loss are our choice, and its joint update of the teacher is not done.
 */
export function refreshedWeights(
  method: DistillationMethod,
  { sharpness = 1, ...options }: RefreshedWeightsOptions = {},
): DistillationMethod {
  assertPositive(sharpness, 'sharpness', 'refreshedWeights')
  return refreshedMethod(method, options, {
    functionName: 'refreshedWeights',
    prefix: 'weighted',
    stateName: 'selection.weights',
    dtype: 'float32',
    valuesOf: (scores) => sigmoidWeights(scores, { sharpness }),
    loss: (batch, weightOf) => weightedLoss(method, batch, weightOf),
  })
}
