import { assertPositive, InvalidArgumentError } from '@kd/core'
import { rankScores, type RankScoresOptions } from './rank-scores.js'

/** One of several criteria. */
export interface Criterion extends RankScoresOptions {
  /** [N] the scores by one criterion. */
  readonly scores: ArrayLike<number>
  /** How much it counts, > 0. @defaultValue 1 */
  readonly weight?: number
}

/**
 * Combines several criteria into one score: the weighted mean of their ranks.
 *
 * @param criteria - at least one, all over the same examples
 * @returns [N] in [0, 1], higher = keep
 * @throws {@link InvalidArgumentError} when there is none, their lengths differ, or a weight is not > 0
 *
 * @example
 * ```ts
 * import { combineScores } from '@kd/selection'
 *
 * const influence = [3, 1, 2]
 * const selfInfluence = [9, 1, 2]
 * console.log(combineScores([{ scores: influence }, { scores: selfInfluence, keep: 'lowest' }]).join()) // 0.5,0.5,0.5
 * ```
 */
export function combineScores(criteria: readonly Criterion[]): Float64Array {
  const count = criteria[0]?.scores.length
  if (count === undefined)
    throw new InvalidArgumentError('combineScores: criteria must be at least one, got none')
  const sums = new Float64Array(count)
  let weights = 0
  for (const { scores, weight = 1, ...options } of criteria) {
    assertPositive(weight, 'weight', 'combineScores')
    if (scores.length !== count) {
      throw new InvalidArgumentError(
        `combineScores: criteria must have the same examples, got ${count} and ${scores.length} scores`,
      )
    }
    for (const [row, rank] of rankScores(scores, options).entries()) sums[row]! += weight * rank
    weights += weight
  }
  return sums.map((sum) => sum / weights)
}
