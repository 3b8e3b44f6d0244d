import { InvalidArgumentError } from '@kd/core'
import type { LabelList, Table } from '../examples/table.js'
import { correctness } from './scores.js'

/** Options of {@link forgettingEvents}. */
export interface ForgettingEventsOptions {
  /** [N, C] logits of a model at several times of its training, for example after each epoch. An async iterable lets each table be freed before the next. */
  readonly history: Iterable<Table> | AsyncIterable<Table>
  /** [N] class indices. */
  readonly labels: LabelList
}

/**
 * Forgetting events: how often a model's prediction of an example changed from right to wrong between two looks at it. An example that
 * was never predicted right gets the number of looks, which is more than any other can have. A high score marks an example that is hard
 * or mislabelled.
 *
 * @param options - see {@link ForgettingEventsOptions}
 * @returns [N] counts
 * @throws as {@link el2n}; {@link InvalidArgumentError} when the history is empty
 *
 * @example
 * ```ts
 * import { forgettingEvents } from '@kd/selection'
 *
 * const look = (...values: number[]) => ({ values: Float32Array.from(values), shape: [2, 2] as const })
 * const right = look(1, 0, 1, 0)
 * const wrong = look(0, 1, 1, 0)
 * console.log((await forgettingEvents({ history: [right, wrong, right], labels: [0, 1] })).join()) // 1,3
 * ```
 *
 * @see Toneva et al.: An Empirical Study of Example Forgetting during Deep Neural Network Learning, ICLR 2019, which looks at an example
 * whenever it is in a batch; examples never learned count as infinitely often forgotten there
 */
export async function forgettingEvents({ history, labels }: ForgettingEventsOptions): Promise<Float64Array> {
  let before: Float64Array | undefined
  let events = new Float64Array(0)
  let learned = new Uint8Array(0)
  let looks = 0
  for await (const logits of history) {
    const now = await correctness({ logits, labels })
    if (before === undefined) {
      events = new Float64Array(now.length)
      learned = new Uint8Array(now.length)
    }
    for (const [row, right] of now.entries()) {
      if (right === 1) learned[row] = 1
      else if (before?.[row] === 1) events[row]! += 1
    }
    before = now
    looks += 1
  }
  if (before === undefined)
    throw new InvalidArgumentError('forgettingEvents: history must hold at least one table, got none')
  return events.map((count, row) => (learned[row] === 1 ? count : looks))
}
