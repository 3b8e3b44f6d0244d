// The batch thread's program: fills the batches whose plans it is sent, and hands their memory over.
import { batchFiller, type PixelSource } from './fill-batch.js'
import type { BatchPlan } from './plan-batch.js'
import { findNodeModule } from '../files/find-node-module.js'

/** The message that asks the thread for a batch. */
export interface BatchRequest {
  readonly id: number
  readonly plan: BatchPlan
}

/** The message that returns a batch. */
export interface BatchReply {
  readonly id: number
  readonly inputs: Float32Array<ArrayBuffer>
}

const threads = findNodeModule('node:worker_threads')
const fill = batchFiller(threads?.workerData as PixelSource)

threads?.parentPort?.on('message', ({ id, plan }: BatchRequest) => {
  const inputs = fill(plan) as Float32Array<ArrayBuffer>
  const reply: BatchReply = { id, inputs }
  threads.parentPort?.postMessage(reply, [inputs.buffer])
})
