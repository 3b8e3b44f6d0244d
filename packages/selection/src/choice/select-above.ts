import { InvalidArgumentError } from '@kd/core'
import { assertScores } from './assert-scores.js'

/**
 * Selects the examples whose score is above a threshold. With the threshold 0 and influence they are those that lower the held-out loss.
 *
 * @param scores - [N]
 * @param threshold - a score must be greater than it
 * @returns [N] 1 for the selected, 0 for the others
 * @throws {@link InvalidArgumentError} when a score or the threshold is NaN
 *
 * @example
 * ```ts
 * import { selectAbove } from '@kd/selection'
 *
 * console.log(selectAbove([-1, 0, 2], 0).join()) // 0,0,1
 * ```
 */
export function selectAbove(scores: ArrayLike<number>, threshold: number): Uint8Array {
  assertScores(scores, 'scores', 'selectAbove')
  if (Number.isNaN(threshold))
    throw new InvalidArgumentError('selectAbove: threshold must be a number, got NaN')
  return Uint8Array.from(scores, (score) => Number(score > threshold))
}
