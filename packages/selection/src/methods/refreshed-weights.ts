import { defineWrapper, positive, type OptionsInput } from '@kd/core'
import { DEFAULT_SHARPNESS, sigmoidWeights } from '../choice/sigmoid-weights.js'
import { refreshOptions, refreshScores } from './refreshed-scores.js'
import { weighDistillation } from './weigh-distillation.js'

const options = {
  ...refreshOptions,
  sharpness: positive(
    DEFAULT_SHARPNESS,
    'how steep the sigmoid from score to weight is: with 1 a score as large as the median absolute score gets 0.73',
  ),
}

/** Options of {@link refreshedWeights}. */
export type RefreshedWeightsOptions = OptionsInput<typeof options>

/**
 * Influence as a continuous weight, computed by the run itself, before the first epoch or again every few epochs: each example is
 * distilled as much as {@link sigmoidWeights} says and taught by its label for the rest, as {@link weighted} does.
 *
 * @param method - distils; it sees the whole batch
 * @param options - see {@link RefreshedWeightsOptions}
 * @returns the combined method, named `weighted-` and the method's name; its state in a run is the current weights, and of single
 * examples it says `selectionScore` and `distillationWeight`, beside what the method says
 * @throws {@link InvalidArgumentError} when an option is out of range; in training as {@link lastLayerInfluence}
 *
 * @example
 * ```ts
 * import { vanillaKd } from '@kd/losses'
 * import { refreshedWeights } from '@kd/selection'
 *
 * const method = refreshedWeights(vanillaKd(), { model: 'student', every: 5 })
 * console.log(method.name, method.needs.validation) // weighted-vanilla-kd true
 * ```
 *
 * @see KD-AIF (Wu et al.: Knowledge Distillation with Adapted Weight, arXiv 2501.02705), whose abstract and public summaries say: influence
 * functions give training data their weights, through a sigmoid. Its formula was not at hand: scale, what is weighted, which model and
 * which loss are our choice, and its joint update of the teacher is not done.
 */
export const refreshedWeights = defineWrapper({
  name: 'refreshed-weights',
  summary: 'weigh each example between the method and its label by the sigmoid of its score',
  source: 'the idea: Wu et al.: Knowledge Distillation with Adapted Weight, arXiv 2501.02705',
  options,
  wrap: (method, { sharpness, ...refresh }) =>
    refreshScores(method, refresh, {
      functionName: 'refreshedWeights',
      name: `weighted-${method.name}`,
      needs: { tasks: 'any' },
      stateName: 'selection.weights',
      dtype: 'float32',
      column: 'distillationWeight',
      valuesOf: (scores) => sigmoidWeights(scores, { sharpness }),
      change: weighDistillation,
    }),
})
