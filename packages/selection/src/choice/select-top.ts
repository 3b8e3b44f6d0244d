import { assertInRange, InvalidArgumentError } from '@kd/core'
import { assertScores } from './assert-scores.js'

/** Options of {@link selectTop}. */
export interface SelectTopOptions {
  /** How much of the examples is selected, in (0, 1]. */
  readonly fraction: number
  /** Which end of the scores is selected. @defaultValue 'highest' */
  readonly keep?: 'highest' | 'lowest'
  /** [N] class indices; `balanced` needs them. */
  readonly labels?: ArrayLike<number>
  /**
   * Whether each class is selected from by itself, so that classes keep their shares; counts are rounded by largest remainder.
   * @defaultValue false
   */
  readonly balanced?: boolean
}

/**
 * Selects the round(fraction * N) examples with the best scores, at least one. Of equal scores the earlier examples win.
 *
 * @param scores - [N]
 * @param options - see {@link SelectTopOptions}
 * @returns [N] 1 for the selected, 0 for the others, in the order of the scores
 * @throws {@link InvalidArgumentError} for a fraction outside (0, 1], a score that is NaN, or missing labels
 *
 * @example
 * ```ts
 * import { selectTop } from '@kd/selection'
 *
 * const scores = [0.1, 0.9, 0.5, 0.4]
 * console.log(selectTop(scores, { fraction: 0.5 }).join()) // 0,1,1,0
 * console.log(selectTop(scores, { fraction: 0.5, labels: [0, 1, 1, 0], balanced: true }).join()) // 0,1,0,1
 * ```
 *
 * @see Lan et al., arXiv 2404.03693, for the idea; its fraction is not published where we could read it
 */
export function selectTop(
  scores: ArrayLike<number>,
  { fraction, keep = 'highest', labels, balanced = false }: SelectTopOptions,
): Uint8Array {
  assertInRange(fraction, { min: 0, max: 1, minOpen: true }, 'fraction', 'selectTop')
  assertScores(scores, 'scores', 'selectTop')
  const sign = keep === 'highest' ? -1 : 1
  const order = Array.from(scores, (_, row) => row).sort((a, b) => sign * (scores[a]! - scores[b]!) || a - b)
  const total = Math.max(1, Math.round(fraction * scores.length))
  const mask = new Uint8Array(scores.length)
  if (!balanced) {
    for (const row of order.slice(0, total)) mask[row] = 1
    return mask
  }
  const left = classShares(labelsFor(labels, scores.length), total)
  for (const row of order) {
    const label = labels![row]!
    if (left.get(label)! < 1) continue
    left.set(label, left.get(label)! - 1)
    mask[row] = 1
  }
  return mask
}

function labelsFor(labels: ArrayLike<number> | undefined, count: number): ArrayLike<number> {
  if (labels?.length === count) return labels
  throw new InvalidArgumentError(
    `selectTop: labels must be one per score for balanced, ${count}, got ${labels?.length ?? 'none'}`,
  )
}

/** How many of each class make up the total, in proportion to the classes. */
function classShares(labels: ArrayLike<number>, total: number): Map<number, number> {
  const counts = new Map<number, number>()
  for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1)
  const exact = [...counts].map(([label, count]) => ({ label, share: (total * count) / labels.length }))
  const shares = new Map(exact.map(({ label, share }) => [label, Math.floor(share)]))
  const rest = total - [...shares.values()].reduce((sum, share) => sum + share, 0)
  const byRemainder = exact.sort((a, b) => (b.share % 1) - (a.share % 1) || a.label - b.label)
  for (const { label } of byRemainder.slice(0, rest)) shares.set(label, shares.get(label)! + 1)
  return shares
}
