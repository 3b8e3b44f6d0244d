import type { ClassificationMetrics } from '../metrics/classification-metrics.js'

/** One epoch in numbers. */
export interface EpochMetrics {
  /** From 0. */
  readonly epoch: number
  readonly steps: number
  /** Wall time of training, without validation. */
  readonly seconds: number
  /** Of the last step. */
  readonly learningRate: number
  /** Means over the epoch's steps, while the student was changing. */
  readonly train: {
    readonly loss: number
    /** Mean of each named part of the loss. */
    readonly parts: Readonly<Record<string, number>>
    readonly top1: number
  }
  readonly validation?: ClassificationMetrics
}
