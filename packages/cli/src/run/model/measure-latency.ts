import * as tf from '@tensorflow/tfjs-core'

/** Whatever predicts: a layers model, or another runtime that answers later. */
export interface Predictor {
  predict(inputs: tf.Tensor): tf.Tensor | tf.Tensor[] | Promise<tf.Tensor>
}

/** How {@link measureLatency} measures. */
export interface LatencyOptions {
  /** Examples at a time, one measurement for each. @defaultValue [1, 64] */
  readonly batchSizes?: readonly number[]
  /** Timed predictions per batch size, at most. @defaultValue 50 */
  readonly repetitions?: number
  /** Seconds after which a batch size is not repeated further; two predictions are always timed. @defaultValue 2 */
  readonly seconds?: number
  /** Ends the measurement after the current prediction; batch sizes without two of them are left out. */
  readonly signal?: AbortSignal | undefined
}

/** How long one prediction takes, in milliseconds. */
export interface Latency {
  /** Examples in the prediction. */
  readonly batchSize: number
  readonly median: number
  /** 95 of 100 predictions take no longer. */
  readonly p95: number
}

/** Predictions before those that count: engines compile, and allocate memory. */
const WARM_UP = 3
/** With fewer there is no median to speak of. */
const LEAST = 2

/**
 * Measures on the engine in use how long a model takes for a batch that is in memory already, until its logits are in JavaScript.
 *
 * @param model - in inference mode
 * @param inputShape - of one example
 * @param options - see {@link LatencyOptions}
 * @returns for each batch size median and 95th percentile
 */
export async function measureLatency(
  model: Predictor,
  inputShape: readonly number[],
  { batchSizes = [1, 64], ...options }: LatencyOptions = {},
): Promise<Latency[]> {
  const found: Latency[] = []
  for (const batchSize of batchSizes) {
    const inputs = tf.randomNormal([batchSize, ...inputShape], 0, 1, 'float32', 1)
    try {
      const times = await timesOf(async () => {
        const logits = (await model.predict(inputs)) as tf.Tensor
        await logits.data()
        logits.dispose()
      }, options)
      if (times.length >= LEAST) found.push({ batchSize, ...percentiles(times) })
    } finally {
      inputs.dispose()
    }
  }
  return found
}

/** Milliseconds of each repetition. */
async function timesOf(
  work: () => Promise<void>,
  { repetitions = 50, seconds = 2, signal }: Omit<LatencyOptions, 'batchSizes'>,
): Promise<number[]> {
  const times: number[] = []
  const started = performance.now()
  for (let run = 0; run < WARM_UP + repetitions && !signal?.aborted; run++) {
    const before = performance.now()
    await work()
    const after = performance.now()
    if (run >= WARM_UP) times.push(after - before)
    // An engine that computes at once would keep Ctrl-C waiting.
    await tf.nextFrame()
    if (times.length >= LEAST && after - started > seconds * 1000) break
  }
  return times
}

/** The least of the times which half, and 95 of 100, do not exceed. */
function percentiles(times: readonly number[]): { median: number; p95: number } {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!
  return { median: at(0.5), p95: at(0.95) }
}
