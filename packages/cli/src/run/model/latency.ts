import { layersModel, type AnyDataset } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

const BATCH_SIZES = [1, 64]
const WARM_UP_CALLS = 3
const CALLS = 30
/** A large model on a slow engine is called less often, but often enough for a median. */
const MAX_SECONDS = 1
const MIN_CALLS = 3

/** How long one call of a model takes on the engine of the run, on a machine that may do other things too. */
export interface Latency {
  readonly batchSize: number
  /** The median of some tens of calls, each up to where the numbers can be read. */
  readonly seconds: number
}

/**
 * Measures how long a model takes for one example and for a batch of 64.
 *
 * @param model - which is called in inference mode, and not changed
 * @param dataset - whose first training examples it is given
 * @returns one measurement for each size of a batch
 */
export async function measureLatency(model: LayersModel, dataset: AnyDataset): Promise<readonly Latency[]> {
  const latency: Latency[] = []
  for (const batchSize of BATCH_SIZES)
    latency.push({ batchSize, seconds: await medianSeconds(model, dataset, batchSize) })
  return latency
}

async function medianSeconds(
  model: LayersModel,
  { train: { inputs, ids }, inputShape }: AnyDataset,
  batchSize: number,
): Promise<number> {
  const size = inputs.length / ids.length
  // What the numbers are makes no difference to how long it takes: a small data set is gone through again.
  const values = Float32Array.from({ length: batchSize * size }, (_, index) => inputs[index % inputs.length]!)
  const batch = tf.tensor(values, [batchSize, ...inputShape])
  const called = layersModel(model)
  const call = async (): Promise<number> => {
    const start = performance.now()
    const logits = tf.tidy(() => called.forward(batch, { mode: 'eval', features: [] }).logits)
    await logits.data()
    const seconds = (performance.now() - start) / 1000
    logits.dispose()
    return seconds
  }
  try {
    await timed(call, WARM_UP_CALLS, 1)
    const seconds = (await timed(call, CALLS, MIN_CALLS)).sort((one, other) => one - other)
    return seconds[Math.floor(seconds.length / 2)]!
  } finally {
    batch.dispose()
  }
}

/** Calls so often, or less often where that takes too long. */
async function timed(call: () => Promise<number>, calls: number, atLeast: number): Promise<number[]> {
  const found: number[] = []
  let sum = 0
  while (found.length < calls && (found.length < atLeast || sum < MAX_SECONDS)) {
    const seconds = await call()
    found.push(seconds)
    sum += seconds
  }
  return found
}
