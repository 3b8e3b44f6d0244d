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

/** Gathers rows of inputs that were normalised once: for data that are not augmented and fit into memory as floats. */
export function gatheringMaker(source: PixelSource): BatchMaker {
  const size = source.height * source.width * source.channels
  const rows = Int32Array.from({ length: source.inputs.length / size }, (_, row) => row)
  const normalized = batchFiller(source)({ rows })
  const gather = (plan: BatchPlan): Float32Array => {
    const batch = new Float32Array(plan.rows.length * size)
    for (const [to, row] of plan.rows.entries()) {
      batch.set(normalized.subarray(row * size, (row + 1) * size), to * size)
    }
    return batch
  }
  return {
    start: (plan) => ({ take: () => Promise.resolve(gather(plan)), drop: () => undefined }),
    close: () => Promise.resolve(),
  }
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
