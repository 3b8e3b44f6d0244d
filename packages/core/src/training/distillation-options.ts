import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { BatchSource } from '../dataset/batch-source.js'
import type { AnyDataset } from '../dataset/dataset.js'
import type { MethodNotes } from '../method/epoch-context.js'
import type { Method } from '../method/method.js'
import type { Mode, ModelInput } from '../model/model.js'
import type { GradientClipping } from '../optimizer/clip-gradients.js'
import type { Optimizer } from '../optimizer/optimizer.js'
import type { LearningRateSchedule } from '../schedule.js'
import type { Figures } from '../task/task.js'
import type { TeacherInput } from '../teacher/as-teacher.js'
import type { ClassWeights } from './class-weights.js'
import type { EpochMetrics } from './epoch-metrics.js'
import type { CheckpointMoment, TrainingCheckpoint } from './training-checkpoint.js'

/** How many examples a step has unless told otherwise. */
export const DEFAULT_BATCH_SIZE = 64

/** What any training takes. */
export interface TrainingOptions {
  /** Where the examples are, and what is to be learned; its validation split chooses the best epoch. */
  readonly dataset: AnyDataset
  /** Whole passes over the training split, >= 1. */
  readonly epochs: number
  /**
   * Examples per step, at most the size of the training split.
   * @defaultValue 64
   */
  readonly batchSize?: number
  /** Made by `sgd` or `adam`; each phase of the method has its own state of it. */
  readonly optimizer: Optimizer
  /** A number for a constant rate, or a schedule. */
  readonly learningRate: number | LearningRateSchedule
  /**
   * For classes of different sizes: what an example's losses are multiplied by, those to its teachers too. `'balanced'` lets all classes
   * count the same. Classification only; the figures are not weighted, of which `balancedAccuracy` and `macroF1` look at all classes alike.
   * @defaultValue every example counts the same
   */
  readonly classWeights?: ClassWeights
  /** Limits the gradients of each phase. */
  readonly gradientClipping?: GradientClipping
  /**
   * Root of all randomness in the run: order, augmentation, dropout, the method's weights.
   * @defaultValue 0
   */
  readonly seed?: number
  /** Makes the batches; by default the training split from memory, shuffled, without augmentation. */
  readonly batches?: BatchSource
  /** Ends the run when the validation split has seen no improvement for `patience` epochs. */
  readonly earlyStop?: { readonly patience: number }
  /**
   * Which of the task's figures makes an epoch the best on the validation split; the first of equals wins.
   * @defaultValue what the task says: `'top1'` for classification
   */
  readonly monitor?: string
  readonly callbacks?: TrainingCallbacks
  /**
   * Goes on from a checkpoint instead of from the start: with the options of the run that it was taken in, and models with the same
   * layers, the run ends with the same bits as that one. `callbacks` are told only what is new.
   */
  readonly resume?: TrainingCheckpoint
  /** Ends the run after the current step, or at once while a teacher is waited for. What was done is returned. */
  readonly signal?: AbortSignal
}

/** What `distill` takes. */
export interface DistillationOptions<Student extends ModelInput = LayersModel> extends TrainingOptions {
  /** The model to train, in place: logits [N, C] out, no softmax. */
  readonly student: Student
  /** The teachers. Every one sees the student's inputs. */
  readonly teachers?: readonly TeacherInput[]
  /** Gives the loss of each step. */
  readonly method: Method
  /**
   * The mode in which teachers run. `'eval'` is as in use. In `'train'` dropout is on and batch normalisation uses the statistics of the
   * batch, as in the code published with Weighted Soft Labels; the weights of the teachers are put back after the run. In
   * `'batch-statistics'` batch normalisation uses the statistics of the batch, and dropout is off.
   * @defaultValue 'eval'
   */
  readonly teacherMode?: Mode
  /** Seconds that a teacher which answers later may take for one answer. Without it there is no limit. */
  readonly teacherTimeout?: number
}

/** Shows a run while it goes on. */
export interface RunView {
  /**
   * What the method does to single training examples now.
   *
   * @param ids - ids of training examples; all of them by default
   * @param how - with `outputs: true` student and teachers are run on the examples, for values that depend on their outputs
   * @returns weights, masks, scores by name, each [N]; none for a method that has none
   */
  examples(
    ids?: Int32Array,
    how?: { readonly outputs?: boolean },
  ): Promise<Readonly<Record<string, Float32Array>>>
}

/** Called while a run goes on; a promise that they return is waited for. */
export interface TrainingCallbacks {
  /** After each step; `loss` is of a recent step, read every so often to spare the engine a stop. */
  onStep?(progress: StepProgress): void | Promise<void>
  /** After each epoch and its validation. */
  onEpochEnd?(metrics: EpochMetrics, run: RunView): void | Promise<void>
  /** Called once, when the run has ended in whatever way, while it can still be looked into. */
  onEnd?(run: RunView): void | Promise<void>
  /** Called with what the method reports for the log before an epoch. Epochs count from 0. */
  onMethodNotes?(epoch: number, notes: MethodNotes): void
  /**
   * After each step and each epoch, last: wherever the run can be interrupted. Whoever wants a checkpoint then calls `moment.take()`;
   * how often is up to them. Where a method has `beforeEpoch` but no `save`, only after each epoch.
   */
  onCheckpoint?(moment: CheckpointMoment): void | Promise<void>
}

/** How far a run is. */
export interface StepProgress {
  /** The epoch, counted from 0. */
  readonly epoch: number
  readonly epochs: number
  /** The step, counted from 1 to `stepsPerEpoch`. */
  readonly step: number
  readonly stepsPerEpoch: number
  readonly loss: number | undefined
}

/** What a run gives back. */
export interface DistillationResult<Student extends ModelInput = LayersModel> {
  /** The model that was passed in, with the weights of the last step. */
  readonly student: Student
  readonly history: readonly EpochMetrics[]
  /** The epoch best on the validation split; absent without one. Never chosen on the test split. */
  readonly best?: BestEpoch
  /** The task's figures of each teacher on the training split, where its answers were kept for the whole run. */
  readonly teacherTrainMetrics?: readonly Figures[]
  /** What the method does to single training examples at the end of the run, in the order of the training split. It is empty for most methods. */
  readonly examples: Readonly<Record<string, Float32Array>>
  /** Why the run ended. */
  readonly ended: 'epochs' | 'early-stop' | 'aborted'
}

/** A student worth going back to. */
export interface BestEpoch {
  readonly epoch: number
  readonly validation: Figures
  /** Puts this epoch's weights into the student. */
  restore(): void
}
