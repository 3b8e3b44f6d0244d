import type { Examples } from '@kd/core'
import { mixingSummary, type AdaptiveMixing, type MixingUpdate } from '@kd/meta-mixing'
import type { MixingListener } from '../../config/method-entry.js'
import type { MixingLine } from './run-log.js'

type TrainingLabels = Pick<Examples, 'ids' | 'labels' | 'cleanLabels'>

/** Follows the mixing weights of a run, if its method learns any. */
export class MixingLog implements MixingListener {
  #method: AdaptiveMixing | undefined
  #pending: MixingUpdate[] = []

  /** Takes the method whose weights are logged. */
  follow(method: AdaptiveMixing): void {
    this.#method = method
  }

  /** Takes an update of the weights. */
  update(update: MixingUpdate): void {
    this.#pending.push(update)
  }

  /**
   * Lines for the run's metrics, of the updates since the last call: their figures, and of each term the distribution, the mean
   * by class, and how it tells wrong labels from right where the run knows them.
   *
   * @param train - the training split
   * @returns one line each; `epoch` is the one that the update came before, from 1
   */
  lines(train: TrainingLabels): MixingLine[] {
    const lines = this.#pending.map((update) => ({
      kind: 'mixing' as const,
      ...update,
      epoch: update.epoch + 1,
      weights: this.#summary(train),
    }))
    this.#pending = []
    return lines
  }

  /**
   * All weights as comma-separated values: a row for each example, by its id, with its label, its clean label where known, and the weight
   * of each term.
   *
   * @param train - the training split, which a run has trained on
   * @returns undefined when the method learns no such weights
   */
  csv({ ids, labels, cleanLabels }: TrainingLabels): string | undefined {
    const method = this.#method
    if (method === undefined) return undefined
    const { terms } = method
    const weights = method.weightsOf(ids)
    const header = [
      'id',
      'label',
      ...(cleanLabels ? ['cleanLabel'] : []),
      ...terms.map((term) => `${term}Weight`),
    ]
    const rows = Array.from(ids, (id, row) => [
      id,
      labels[row],
      ...(cleanLabels ? [cleanLabels[row]] : []),
      ...weights.subarray(row * terms.length, (row + 1) * terms.length),
    ])
    return `${[header, ...rows].map((row) => row.join()).join('\n')}\n`
  }

  /** The current weight of each term on training examples; none when the method learns no such weights. */
  weights(ids: Int32Array): { readonly term: string; readonly values: Float32Array }[] {
    const method = this.#method
    if (method === undefined) return []
    const { terms } = method
    const weights = method.weightsOf(ids)
    return terms.map((term, column) => ({
      term,
      values: Float32Array.from(ids, (_, row) => weights[row * terms.length + column]!),
    }))
  }

  #summary({ ids, labels, cleanLabels }: TrainingLabels): ReturnType<typeof mixingSummary> {
    const method = this.#method!
    const weights = method.weightsOf(ids)
    return mixingSummary({ weights, terms: method.terms, labels, ...(cleanLabels && { cleanLabels }) })
  }
}
