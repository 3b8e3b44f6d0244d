import { assertInRange } from '@kd/core'
import { assertScores } from './assert-scores.js'

/** Options of {@link rankScores}. */
export interface RankScoresOptions {
  /** Which end of the scores gets rank 1. @defaultValue 'highest' */
  readonly keep?: 'highest' | 'lowest'
  /**
   * The share of examples at each end whose ranks are set to the rank at which that share begins, in [0, 0.5). An extreme score then
   * counts no more than a good one.
   * @defaultValue 0
   */
  readonly winsorize?: number
}

/**
 * Replaces scores by ranks from 0, worst, to 1, best; equal scores share their mean rank. Influence has outliers beside which no other
 * criterion would count; ranks have none.
 *
 * @param scores - [N]
 * @param options - see {@link RankScoresOptions}
 * @returns [N] in [winsorize, 1 - winsorize]; 0.5 for one example
 * @throws {@link InvalidArgumentError} when a score is NaN or an option out of range
 *
 * @example
 * ```ts
 * import { rankScores } from '@kd/selection'
 *
 * console.log(rankScores([-41, 0, 0, 1, 5]).join()) // 0,0.375,0.375,0.75,1
 * console.log(rankScores([-41, 0, 0, 1, 5], { winsorize: 0.25 }).join()) // 0.25,0.375,0.375,0.75,0.75
 * ```
 */
export function rankScores(
  scores: ArrayLike<number>,
  { keep = 'highest', winsorize = 0 }: RankScoresOptions = {},
): Float64Array {
  assertScores(scores, 'scores', 'rankScores')
  assertInRange(winsorize, { min: 0, max: 0.5, maxOpen: true }, 'winsorize', 'rankScores')
  const sign = keep === 'highest' ? 1 : -1
  const order = Array.from(scores, (_, row) => row).sort((a, b) => sign * (scores[a]! - scores[b]!))
  const ranks = new Float64Array(scores.length)
  for (let from = 0; from < order.length;) {
    let to = from
    while (to + 1 < order.length && scores[order[to + 1]!] === scores[order[from]!]) to++
    const rank = order.length === 1 ? 0.5 : (from + to) / 2 / (order.length - 1)
    for (let index = from; index <= to; index++)
      ranks[order[index]!] = Math.min(Math.max(rank, winsorize), 1 - winsorize)
    from = to + 1
  }
  return ranks
}
