import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../errors/kd-error.js'
import type { ExampleLosses } from '../method/distillation-method.js'
import type { RunningEpoch } from './training-checkpoint.js'

/** Steps between two looks at the numbers on the engine: each look makes a GPU wait. */
const FLUSH_EVERY = 16

/** Means of an epoch's losses, weighed by the size of each batch, kept on the engine and read now and then. */
export class StepStatistics {
  readonly #pending: tf.Tensor1D[] = []
  readonly #examples: number[] = []
  #names: readonly string[] = []
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
    const { parts, sums, examples } = before.running
    this.#names = parts
    this.#sums = Float64Array.from(sums)
    this.#count = examples
    this.#read = before.step
  }

  /** Loss of the last step that was read. */
  lastLoss: number | undefined

  /**
   * Adds a step. Runs inside a tidy.
   *
   * @param total - the step's loss
   * @param parts - by name, each [N]
   * @param logits - [N, C] of the student
   * @param labels - [N]
   */
  add(total: tf.Scalar, parts: ExampleLosses, logits: tf.Tensor2D, labels: tf.Tensor1D): void {
    this.#names = Object.keys(parts)
    const correct = tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32'))
    const means = Object.values(parts).map((part) => tf.mean(part))
    this.#pending.push(tf.keep(tf.stack([total, correct, ...means]) as tf.Tensor1D))
    this.#examples.push(labels.shape[0])
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
  means(): { loss: number; top1: number; parts: Record<string, number> } {
    const [loss = NaN, top1 = NaN, ...parts] = Array.from(this.#sums, (sum) => sum / this.#count)
    return { loss, top1, parts: Object.fromEntries(this.#names.map((name, index) => [name, parts[index]!])) }
  }

  /** What a later epoch of statistics can go on from; everything must have been flushed. */
  sums(): Pick<RunningEpoch, 'parts' | 'sums' | 'examples'> {
    return { parts: this.#names, sums: [...this.#sums], examples: this.#count }
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
    const bad = this.#names.filter((_, index) => !Number.isFinite(values[index + 2]!))
    return new KdError(
      `distill: the loss must stay finite, got ${loss} in step ${this.#read} of epoch ${this.#epoch}` +
        (bad.length > 0 ? `, from ${bad.join(', ')}` : ''),
      { hint: 'lower the learning rate, warm it up, or clip the gradients' },
    )
  }
}
