import { batchFiller, type PixelSource } from './fill-batch.js'
import type { BatchPlan } from './plan-batch.js'

/** A batch that is being made. */
export interface PendingBatch {
  /** Waits for the inputs. */
  take(): Promise<Float32Array>
  /** Gives the batch up, when no step will use it. */
  drop(): void
}

/** Turns plans into inputs, sooner than they are needed. */
export interface BatchMaker {
  start(plan: BatchPlan): PendingBatch
  close(): Promise<void>
}

/**
 * Fills batches on this thread: in a pause before they are needed, such as while a GPU computes, or else when they are taken.
 * The timer alone would not be enough, since browsers slow timers down in a tab that is not visible.
 */
export function inlineMaker(source: PixelSource): BatchMaker {
  const fill = batchFiller(source)
  return {
    start(plan) {
      let inputs: Float32Array | undefined
      const timer = setTimeout(() => (inputs = fill(plan)))
      return {
        take() {
          clearTimeout(timer)
          return Promise.resolve(inputs ?? fill(plan))
        },
        drop: () => {
          clearTimeout(timer)
        },
      }
    },
    close: () => Promise.resolve(),
  }
}
