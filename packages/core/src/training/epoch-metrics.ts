import type { Figures } from '../task/task.js'

/** One epoch in numbers. */
export interface EpochMetrics {
  /** The epoch, counted from 0. */
  readonly epoch: number
  readonly steps: number
  /** Wall time of training, without validation. */
  readonly seconds: number
  /** The learning rate of the last step. */
  readonly learningRate: number
  /** Means over the epoch's steps, while the student was changing. */
  readonly train: {
    /** What the student's phase minimised. */
    readonly loss: number
    /** Mean of each named part of the loss; parts of other phases as `phase/part`. */
    readonly parts: Readonly<Record<string, number>>
    /** What the task follows of training batches: `top1` for classification. */
    readonly figures: Figures
  }
  /** The task's figures on the validation split. */
  readonly validation?: Figures
}
