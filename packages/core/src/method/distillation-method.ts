import type { NamedTensorMap, Scalar, Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core'
import type { Examples } from '../dataset/dataset.js'
import type { RandomSource } from '../random/random-source.js'
import type { DistillationBatch } from './distillation-batch.js'

/**
 * Example losses of one step by name, each [N] and already multiplied by its weight: the loss of example i is the sum
 * of their i-th entries. Terms of a whole batch stand as the same number for each of its examples.
 */
export type ExampleLosses = Readonly<Record<string, Tensor1D>>

/** What a method returns for one step. */
export interface LossTerms {
  /** What is minimised: the mean over examples of the sum of the parts. */
  readonly total: Scalar
  /** The parts by name, for the log and for methods that weigh, mask or mix them. */
  readonly parts: ExampleLosses
}

/** Layers whose outputs a method reads; `'penultimate'` is the input of the last dense layer. */
export interface FeatureRequirements {
  /** Of the student. */
  readonly studentFeatures?: readonly string[]
  /** Of every teacher; in `requires` itself they make the teachers run at every training step. */
  readonly teacherFeatures?: readonly string[]
}

/** What a method needs beside labels and student logits. The training loop checks it before it starts. */
export interface Requirements extends FeatureRequirements {
  /** How many teachers at least; default 0. */
  readonly teachers?: number
  /** What only the passes of `beforeEpoch` have as well, which costs the training steps nothing. */
  readonly passes?: FeatureRequirements
  /** Whether the method learns on a validation split. */
  readonly validation?: boolean
}

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

/** A batch of a pass over a split. */
export interface PassBatch extends DistillationBatch {
  /** [N, ...inputShape] normalised, not augmented. */
  readonly inputs: Tensor
}

/** The student between two epochs, for methods that try steps of it. Whoever moves its variables puts them back. */
export interface EpochStudent {
  /** Its trainable weights. */
  readonly variables: readonly Variable[]
  /** Runs it in inference mode on [N, ...inputShape]; gradients flow. */
  logits(inputs: Tensor): Tensor2D
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
   * Runs student and teachers in inference mode over a split, without gradients, and hands each batch to `visit`. Its
   * tensors are disposed when `visit` returns.
   */
  forEachBatch(
    split: 'train' | 'validation',
    visit: (batch: PassBatch) => void | Promise<void>,
    pass?: PassOptions,
  ): Promise<void>
}

/**
 * A way to distil: from the logits and features of one step to a loss. Methods are small objects made by factories,
 * hold no reference to the training loop, and combine by plain function composition.
 *
 * @example
 * ```ts
 * import { crossEntropy, klDivergence, meanLoss, type DistillationMethod } from '@kd/core'
 *
 * const plainDistillation: DistillationMethod = {
 *   name: 'plain',
 *   requires: { teachers: 1 },
 *   loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }) =>
 *     meanLoss({
 *       label: crossEntropy(studentLogits, labels),
 *       teacher: klDivergence(teacherLogits!, studentLogits, 4),
 *     }),
 * }
 * ```
 */
export interface DistillationMethod {
  /** Kebab-case, for logs and reports. */
  readonly name: string
  readonly requires?: Requirements
  /** The method's own trainable weights, updated together with the student's. */
  readonly variables?: readonly Variable[]
  /** The loss of one step. Runs inside a tidy; it must not dispose its arguments. */
  loss(batch: DistillationBatch): LossTerms
  /** Called before each epoch: for updates that need a pass over a split. */
  beforeEpoch?(context: EpochContext): Promise<void>
  /**
   * State that a resumed run needs to go on as the same run, `variables` aside: everything that `beforeEpoch` or `loss` keep for
   * later. The caller disposes the tensors.
   */
  saveState?(): NamedTensorMap
  /** Takes back what `saveState` gave, before the first call of anything else; the tensors are the caller's to dispose. */
  loadState?(state: NamedTensorMap): void
}
