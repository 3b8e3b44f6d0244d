import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core'
import type { Examples } from '../dataset/dataset.js'
import type { Outputs } from '../model/model.js'
import type { RandomSource } from '../random/random-source.js'
import type { Step } from './step.js'

/** How a pass over a split is cut into batches. */
export interface PassOptions {
  /**
   * Examples per batch, >= 1; the last one may be smaller.
   * @defaultValue 250
   */
  readonly batchSize?: number
  /** Draws the order of the examples. Without it they come in the order of the file. */
  readonly shuffle?: RandomSource
  /**
   * Whether batches have the teachers' outputs. Without them the teachers are not run.
   * @defaultValue true
   */
  readonly teachers?: boolean
}

/** The student between two epochs, for methods that try out steps on it. A method that changes its variables must put them back. */
export interface EpochStudent {
  /** Its trainable weights. */
  readonly variables: readonly Variable[]
  /** Runs it in mode `'eval'` on inputs [N, ...inputShape]. Gradients flow. */
  logits(inputs: Tensor): Tensor2D
  /** Does the same as `logits`, and also gives the features that the method asked for. */
  forward(inputs: Tensor): Outputs
}

/** What a method reports for the log about its work between two epochs. */
export interface MethodNotes {
  readonly figures?: Readonly<Record<string, number>>
  /** Something that a person should know. */
  readonly warning?: string
}

/** What a method may use between two epochs. */
export interface EpochContext {
  /** The epoch that is about to start, from 0. */
  readonly epoch: number
  /** How many epochs the run has. */
  readonly epochs: number
  /** Learning rate of the coming epoch's first step. */
  readonly learningRate: number
  /** Gives the learning rate of the first step of any epoch, so that a method can refuse a rate before the first epoch. */
  readonly learningRateOf: (epoch: number) => number
  /** One more than the largest example id of the training split: the length of a table by id. */
  readonly idLimit: number
  /** The ids of the training split, and the labels that are trained on, which may be corrupted. */
  readonly train: Pick<Examples, 'ids' | 'labels'>
  /** Draws the method's random choices, from the run's seed. It is the same source in each epoch: split it by epoch to draw other numbers. */
  readonly random: RandomSource
  readonly student: EpochStudent
  /**
   * Runs student and teachers in mode `'eval'` over a split, without gradients, and hands each batch to `visit`. The tensors of a batch
   * are disposed when `visit` returns.
   */
  forEachBatch(
    split: 'train' | 'validation',
    visit: (batch: Step) => void | Promise<void>,
    pass?: PassOptions,
  ): Promise<void>
  /** Writes something to the log. */
  note(notes: MethodNotes): void
}
