import { assertPositive } from '@kd/core'
import { assertScores } from './assert-scores.js'

/** The sharpness where none is given. */
export const DEFAULT_SHARPNESS = 1

/** Options of {@link sigmoidWeights}. */
export interface SigmoidWeightsOptions {
  /**
   * How steep the sigmoid is, > 0. With 1 a score as large as the median absolute score gets 0.73. The larger it is, the nearer the
   * weights come to a mask.
   * @defaultValue 1
   */
  readonly sharpness?: number
}

/**
 * Turns influence into a continuous weight:
 *
 *     weight_i = 1 / (1 + exp(-sharpness * score_i / s)),   s = median_j |score_j|, or the mean where the median is 0
 *
 * A harmful example gets less than 1/2, a useful one more, and one without influence exactly 1/2. {@link weighted} takes these weights.
 *
 * @param scores - [N] finite, with a meaning of zero: influence, `tracIn`, `margin`
 * @param options - see {@link SigmoidWeightsOptions}
 * @returns [N] in [0, 1]
 * @throws {@link InvalidArgumentError} when there are no scores, one is not finite, or the sharpness is not > 0
 *
 * @example
 * ```ts
 * import { sigmoidWeights } from '@kd/selection'
 *
 * console.log(Array.from(sigmoidWeights([-100, 0, 2, 2]), (weight) => weight.toFixed(2)).join()) // 0.00,0.50,0.73,0.73
 * ```
 *
 * @see KD-AIF (Wu et al.: Knowledge Distillation with Adapted Weight, arXiv 2501.02705) for a sigmoid from influence to the weights of
 * training data. Its formula was not at hand: the scale, and what the weight multiplies, are our choice.
 */
export function sigmoidWeights(
  scores: ArrayLike<number>,
  { sharpness = DEFAULT_SHARPNESS }: SigmoidWeightsOptions = {},
): Float64Array {
  assertScores(scores, 'scores', 'sigmoidWeights', { finite: true })
  assertPositive(sharpness, 'sharpness', 'sigmoidWeights')
  const sizes = Float64Array.from(scores, Math.abs).sort()
  const median = (sizes[(sizes.length - 1) >> 1]! + sizes[sizes.length >> 1]!) / 2
  const scale = median || sizes.reduce((sum, size) => sum + size / sizes.length, 0) || 1
  return Float64Array.from(scores, (score) => 1 / (1 + Math.exp((-sharpness * score) / scale)))
}
