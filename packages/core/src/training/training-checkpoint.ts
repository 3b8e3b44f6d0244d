import type { TensorValues } from '../model/tensor-values.js'
import type { Figures } from '../task/task.js'
import type { EpochMetrics } from './epoch-metrics.js'

/** Sums over the steps of an epoch that is not over. */
export interface RunningEpoch {
  /** Wall time so far. */
  readonly seconds: number
  /** The learning rate of the last step. */
  readonly learningRate: number
  /** Names of the figures that are followed. */
  readonly figures: readonly string[]
  /** Names of the loss's parts. */
  readonly parts: readonly string[]
  /** Total, each figure and each part: every step's mean times its examples, summed. */
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
  /** Sums over these steps; absent where none was taken. */
  readonly running?: RunningEpoch
  /** The epochs that are over. */
  readonly history: readonly EpochMetrics[]
  /** The epoch best on the validation split so far; its weights are among the tensors. */
  readonly best?: { readonly epoch: number; readonly validation: Figures }
}

/**
 * The whole state of a run between two steps, as plain data outside the engine: a run that goes on from it ends with the same bits
 * as one that was never interrupted. Random numbers need no state, since each is derived from the seed, the epoch and the step.
 */
export interface TrainingCheckpoint {
  readonly progress: TrainingProgress
  /**
   * By name: `student/0` ... in the order of its weights, `best/0` ... likewise, `optimizer/...` of the student's phase and
   * `phase/NAME/...` of the others, `method/...` as the method names its state, `variables/NAME` of the method, and `teacher/0/0` ...
   * of teachers that learn or are in train mode.
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
