import type { ClassificationMetrics } from '../metrics/classification-metrics.js'
import type { EpochMetrics } from './epoch-metrics.js'

/** A tensor's values outside the engine; nobody else holds the array. */
export interface TensorValues {
  readonly dtype: 'float32' | 'int32' | 'bool'
  readonly shape: readonly number[]
  /** Row by row; booleans as 0 and 1. */
  readonly values: Float32Array | Int32Array | Uint8Array
}

/** Sums over the steps of an epoch that is not over. */
export interface RunningEpoch {
  /** Wall time so far. */
  readonly seconds: number
  /** Of the last step. */
  readonly learningRate: number
  /** Names of the loss's parts. */
  readonly parts: readonly string[]
  /** Of total, correct predictions and each part, every step's mean times its examples. */
  readonly sums: readonly number[]
  /** How many examples the sums are over. */
  readonly examples: number
}

/** Everything of a {@link TrainingCheckpoint} that is not a tensor; finite numbers survive JSON bit for bit. */
export interface TrainingProgress {
  /** Names of optimizer and method, so that a checkpoint of others is refused. */
  readonly optimizer: string
  readonly method: string
  /** The epoch to go on in, from 0; one past the last at the end of the run. */
  readonly epoch: number
  /** Steps of that epoch that were taken; with 0 `beforeEpoch` comes first. */
  readonly step: number
  /** Of the epoch's steps; absent where none was taken. */
  readonly running?: RunningEpoch
  /** Of the epochs that are over. */
  readonly history: readonly EpochMetrics[]
  /** The epoch best on the validation split so far; its weights are among the tensors. */
  readonly best?: { readonly epoch: number; readonly validation: ClassificationMetrics }
}

/**
 * The whole state of a run between two steps, as plain data outside the engine: a run that goes on from it ends with the same bits
 * as one that was never interrupted. Random numbers need no state, since each is derived from the seed, the epoch and the step.
 */
export interface TrainingCheckpoint {
  readonly progress: TrainingProgress
  /**
   * By name: `student/0` ... in the order of its weights, `best/0` ... likewise, `optimizer/...` and `method/...` as these name
   * their state, `variables/0` ... of the method, and `teacher/0/0` ... of teachers in train mode.
   */
  readonly tensors: ReadonlyMap<string, TensorValues>
}

/** A moment between two steps at which a run can be saved. */
export interface CheckpointMoment {
  /** The epoch to go on in, from 0. */
  readonly epoch: number
  /** Steps of that epoch that were taken; 0 between two epochs. */
  readonly step: number
  /** Copies the state out of the engine. To be called before the callback's promise is kept; the run waits until then. */
  take(): Promise<TrainingCheckpoint>
}
