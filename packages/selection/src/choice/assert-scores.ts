import { InvalidArgumentError } from '@kd/core'

/**
 * Checks that there are scores and none is NaN, nor infinite where that matters.
 *
 * @param scores - the argument found
 * @param argument - its name, for the message
 * @param functionName - the function that was called, for the message
 * @param options - `finite`: whether infinities are refused too
 * @throws {@link InvalidArgumentError} otherwise
 */
export function assertScores(
  scores: ArrayLike<number>,
  argument: string,
  functionName: string,
  { finite = false }: { readonly finite?: boolean } = {},
): void {
  if (scores.length === 0)
    throw new InvalidArgumentError(`${functionName}: ${argument} must hold at least one score, got none`)
  const isWrong = finite ? (score: number) => !Number.isFinite(score) : Number.isNaN
  const wrong = Array.prototype.findIndex.call(scores, isWrong)
  if (wrong < 0) return
  throw new InvalidArgumentError(
    `${functionName}: ${argument} must be ${finite ? 'finite ' : ''}numbers, got ${scores[wrong]} in row ${wrong}`,
  )
}
