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
  /** Draws the order of the examples; file order without it. */
  readonly shuffle?: RandomSource
  /**
   * Whether batches have the teachers' outputs; without them a pass costs the student's alone.
   * @defaultValue true
   */
  readonly teachers?: boolean
}

/** The student between two epochs, for methods that try steps of it. Whoever moves its variables puts them back. */
export interface EpochStudent {
  /** Its trainable weights. */
  readonly variables: readonly Variable[]
  /** Runs it as in use on [N, ...inputShape]; gradients flow. */
  logits(inputs: Tensor): Tensor2D
  /** The same, with the features that the method's steps have. */
  forward(inputs: Tensor): Outputs
}

/** Figures of a method's work between two epochs, for the log. */
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
  /** The same of any epoch of the run, for methods that would rather fail before the first than in a later one. */
  readonly learningRateOf: (epoch: number) => number
  /** One more than the largest example id of the training split: the length of a table by id. */
  readonly idLimit: number
  /** The training split: which ids there are, and the labels that are trained on, corrupted or not. */
  readonly train: Pick<Examples, 'ids' | 'labels'>
  /** For random choices of the method, from the run's seed; the same at each epoch, so split it by epoch where that matters. */
  readonly random: RandomSource
  readonly student: EpochStudent
  /**
   * Runs student and teachers as in use over a split, without gradients, and hands each batch to `visit`. Its
   * tensors are disposed when `visit` returns.
   */
  forEachBatch(
    split: 'train' | 'validation',
    visit: (batch: Step) => void | Promise<void>,
    pass?: PassOptions,
  ): Promise<void>
  /** Says something for the log. */
  note(notes: MethodNotes): void
}
