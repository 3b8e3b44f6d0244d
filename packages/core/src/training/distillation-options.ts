import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { BatchSource } from '../dataset/batch-source.js'
import type { Dataset } from '../dataset/dataset.js'
import type { DistillationMethod } from '../method/distillation-method.js'
import type { ClassificationMetrics } from '../metrics/classification-metrics.js'
import type { GradientClipping } from '../optimizer/clip-gradients.js'
import type { Optimizer } from '../optimizer/optimizer.js'
import type { LearningRateSchedule } from '../schedule/learning-rate-schedule.js'
import type { EpochMetrics } from './epoch-metrics.js'
import type { Teacher } from './teacher.js'
import type { CheckpointMoment, TrainingCheckpoint } from './training-checkpoint.js'

/** What any training takes. */
export interface TrainingOptions {
  /** Where the examples are; its validation split chooses the best epoch. */
  readonly dataset: Dataset
  /** Whole passes over the training split, >= 1. */
  readonly epochs: number
  /**
   * Examples per step, at most the size of the training split.
   * @defaultValue 64
   */
  readonly batchSize?: number
  /** Made by `sgd` or `adam`; its state belongs to this run. */
  readonly optimizer: Optimizer
  /** A number for a constant rate, or a schedule. */
  readonly learningRate: number | LearningRateSchedule
  /** Limits the gradients of each step. */
  readonly gradientClipping?: GradientClipping
  /**
   * Root of all randomness in the run: order, augmentation, dropout.
   * @defaultValue 0
   */
  readonly seed?: number
  /** Makes the batches; by default the training split from memory, shuffled, without augmentation. */
  readonly batches?: BatchSource
  /** Ends the run when the validation split has seen no improvement for `patience` epochs. */
  readonly earlyStop?: { readonly patience: number }
  /**
   * What makes an epoch the best on the validation split; the first of equals wins.
   * @defaultValue 'top1'
   */
  readonly monitor?: 'top1' | 'loss'
  readonly callbacks?: TrainingCallbacks
  /**
   * Goes on from a checkpoint instead of from the start: with the options of the run that it was taken in, and models with the same
   * layers, the run ends with the same bits as that one. `callbacks` hear only what is new.
   */
  readonly resume?: TrainingCheckpoint
  /** Ends the run after the current step; what was done is returned. */
  readonly signal?: AbortSignal
}

/** What `distill` takes. */
export interface DistillationOptions extends TrainingOptions {
  /** The model to train, in place: logits [N, C] out, no softmax. */
  readonly student: LayersModel
  /** None for methods that need none. Every teacher sees the student's inputs. */
  readonly teachers?: readonly Teacher[]
  /** Gives the loss of each step. */
  readonly method: DistillationMethod
  /**
   * `'eval'`: teachers predict as in use. `'train'`: their batch normalisation uses the batch's statistics and dropout is on,
   * as in the code published with Weighted Soft Labels; their weights are put back after the run.
   * @defaultValue 'eval'
   */
  readonly teacherMode?: 'eval' | 'train'
}

/** Called while a run goes on; a promise that they return is waited for. */
export interface TrainingCallbacks {
  /** After each step; `loss` is of a recent step, read every so often to spare the engine a stop. */
  onStep?(progress: StepProgress): void | Promise<void>
  /** After each epoch and its validation. */
  onEpochEnd?(metrics: EpochMetrics): void | Promise<void>
  /**
   * After each step and each epoch, last: wherever the run can be interrupted. Whoever wants a checkpoint then calls `moment.take()`;
   * how often is up to them. Where a method has `beforeEpoch` but no `saveState`, only after each epoch.
   */
  onCheckpoint?(moment: CheckpointMoment): void | Promise<void>
}

/** How far a run is. */
export interface StepProgress {
  /** From 0. */
  readonly epoch: number
  readonly epochs: number
  /** From 1 to `stepsPerEpoch`. */
  readonly step: number
  readonly stepsPerEpoch: number
  readonly loss: number | undefined
}

/** What a run gives back. */
export interface DistillationResult {
  /** The model that was passed in, with the weights of the last step. */
  readonly student: LayersModel
  readonly history: readonly EpochMetrics[]
  /** The epoch best on the validation split; absent without one. Never chosen on the test split. */
  readonly best?: BestEpoch
  /** Each teacher on the training split, where its logits were computed once for the whole run. */
  readonly teacherTrainMetrics?: readonly ClassificationMetrics[]
  /** Why the run ended. */
  readonly ended: 'epochs' | 'early-stop' | 'aborted'
}

/** A student worth going back to. */
export interface BestEpoch {
  readonly epoch: number
  readonly validation: ClassificationMetrics
  /** Puts this epoch's weights into the student. */
  restore(): void
}
