import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../errors.js'
import type { EpochMetrics } from './epoch-metrics.js'
import type { RunningEpoch } from './training-checkpoint.js'

/** Steps between two looks at the numbers on the engine: each look makes a GPU wait. */
const FLUSH_EVERY = 16

/** Means of one step, as scalars on the engine. */
export interface StepMeans {
  readonly total: tf.Scalar
  readonly figures: Readonly<Record<string, tf.Scalar>>
  readonly parts: Readonly<Record<string, tf.Scalar>>
}

/** Means of an epoch's losses, weighed by the size of each batch, kept on the engine and read now and then. */
export class StepStatistics {
  readonly #pending: tf.Tensor1D[] = []
  readonly #examples: number[] = []
  #figures: readonly string[] = []
  #parts: readonly string[] = []
  #sums: Float64Array = new Float64Array(0)
  #count = 0
  #read = 0
  #epoch = 0

  /**
   * @param epoch - for messages
   * @param before - the steps before the first one that is added, if the epoch was interrupted
   */
  constructor(epoch: number, before?: { readonly step: number; readonly running?: RunningEpoch }) {
    this.#epoch = epoch
    if (before?.running === undefined) return
    const { figures, parts, sums, examples } = before.running
    this.#figures = figures
    this.#parts = parts
    this.#sums = Float64Array.from(sums)
    this.#count = examples
    this.#read = before.step
  }

  /** Loss of the last step that was read. */
  lastLoss: number | undefined

  /**
   * Adds a step. Runs inside a tidy.
   *
   * @param means - the step's loss, figures and parts
   * @param examples - how many it was taken over
   */
  add({ total, figures, parts }: StepMeans, examples: number): void {
    this.#figures = Object.keys(figures)
    this.#parts = Object.keys(parts)
    const stacked = tf.stack([total, ...Object.values(figures), ...Object.values(parts)])
    this.#pending.push(tf.keep(stacked as tf.Tensor1D))
    this.#examples.push(examples)
  }

  /** Reads what is pending, if there is enough of it or `all` is set. */
  async flush(all: boolean): Promise<void> {
    if (this.#pending.length === 0 || (!all && this.#pending.length < FLUSH_EVERY)) return
    const steps = this.#pending.splice(0)
    try {
      for (const [index, step] of steps.entries())
        this.#take(await step.data<'float32'>(), this.#examples[index]!)
    } finally {
      tf.dispose(steps)
      this.#examples.length = 0
    }
  }

  /** The epoch's means so far. */
  means(): EpochMetrics['train'] {
    const [loss = NaN, ...others] = Array.from(this.#sums, (sum) => sum / this.#count)
    const named = (names: readonly string[], from: number): Record<string, number> =>
      Object.fromEntries(names.map((name, index) => [name, others[from + index] ?? NaN]))
    return { loss, figures: named(this.#figures, 0), parts: named(this.#parts, this.#figures.length) }
  }

  /** What a later epoch of statistics can go on from; everything must have been flushed. */
  sums(): Pick<RunningEpoch, 'figures' | 'parts' | 'sums' | 'examples'> {
    return { figures: this.#figures, parts: this.#parts, sums: [...this.#sums], examples: this.#count }
  }

  /** Frees what was never read. */
  dispose(): void {
    tf.dispose(this.#pending.splice(0))
  }

  #take(values: Float32Array, examples: number): void {
    const loss = values[0]!
    this.#read += 1
    if (!Number.isFinite(loss)) throw this.#notFinite(loss, values)
    if (this.#sums.length === 0) this.#sums = new Float64Array(values.length)
    values.forEach((value, index) => (this.#sums[index]! += value * examples))
    this.#count += examples
    this.lastLoss = loss
  }

  #notFinite(loss: number, values: Float32Array): KdError {
    const first = 1 + this.#figures.length
    const bad = this.#parts.filter((_, index) => !Number.isFinite(values[first + index]!))
    return new KdError(
      `distill: the loss must stay finite, got ${loss} in step ${this.#read} of epoch ${this.#epoch}` +
        (bad.length > 0 ? `, from ${bad.join(', ')}` : ''),
      { hint: 'lower the learning rate, warm it up, or clip the gradients' },
    )
  }
}
