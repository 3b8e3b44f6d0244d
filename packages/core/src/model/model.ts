import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { RandomSource } from '../random/random-source.js'

/** Outputs of named layers for one batch. */
export type FeatureMap = Readonly<Record<string, Tensor>>

/** What a model or a teacher says about one batch. */
export interface Outputs {
  /** Unnormalised, one row per example: [N, C] for classes. */
  readonly logits: Tensor
  /** The features that were asked for, by name. */
  readonly features: FeatureMap
}

/**
 * How a model runs. In `'train'` dropout is on, and batch normalisation uses the statistics of the batch and updates its averages. In
 * `'eval'` the model runs as in use: dropout is off and batch normalisation uses its averages. `'batch-statistics'` differs from `'eval'`
 * in one thing: batch normalisation uses the statistics of the batch.
 */
export type Mode = 'train' | 'eval' | 'batch-statistics'

/** The mode in which a model runs, and the features that it gives beside its logits. */
export interface ForwardOptions {
  readonly mode: Mode
  readonly features: readonly string[]
}

/**
 * A network that runs here: gradients flow through it, and its variables can be trained. A LayersModel becomes one by
 * `layersModel`, and wherever a model is asked for a LayersModel will do.
 */
export interface Model {
  /** The name for messages. */
  readonly name: string
  /** The weights that training changes. */
  readonly variables: readonly Variable[]
  /** All weights of the model, trainable or not, in a fixed order. A checkpoint holds them. */
  readonly weights: readonly Variable[]
  /** Names of the features that it can give: layer names, `'stage1'` ... `'stageK'` where it works on images, `'penultimate'`. */
  readonly features: readonly string[]
  /** Shape of one input, without the batch axis, where it is known before a run. */
  readonly inputShape?: readonly (number | null)[]
  /** Shape of the logits of one example, where it is known before a run. */
  readonly outputShape?: readonly (number | null)[]
  /** The name of a layer that normalises over the examples of a batch alone: it learns nothing from a batch of one. */
  readonly normalizesExamples?: string | undefined
  /**
   * Runs it on a batch, inside a tidy.
   *
   * @param inputs - [N, ...inputShape] normalised
   * @param how - the mode, and the features to give
   * @returns logits, and the features by name
   */
  forward(inputs: Tensor, how: ForwardOptions): Outputs
  /**
   * Runs it from an inner feature on, where its graph allows that: no other way leads around the feature.
   *
   * @param feature - one of `features`
   * @param value - what stands in its place, of the feature's shape
   * @param how - the mode, and the features behind this one to give
   * @returns logits, and the features by name
   */
  forwardFrom?(feature: string, value: Tensor, how: ForwardOptions): Outputs
  /** Gives what its regularizers add to the loss, inside a gradient. It is absent for a model without any. */
  regularization?(): Scalar
  /** Seeds everything in it that draws random numbers, for one step. */
  seed?(random: RandomSource): void
  /** Remembers the seeds that the model is saved with; the function that it returns puts them back. */
  keepSeeds?(): () => void
}

/** Where a model is asked for: a {@link Model}, or a LayersModel with one input and one output of logits. */
export type ModelInput = Model | LayersModel
