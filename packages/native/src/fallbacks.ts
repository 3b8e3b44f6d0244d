/** One kernel that ran in plain JavaScript. */
export interface Fallback {
  /** TensorFlow.js's name of the kernel. */
  readonly kernel: string
  /** How often it ran. */
  readonly calls: number
  /** How long it took, in milliseconds; 0 unless timing was on. */
  readonly milliseconds: number
}

const records = new Map<string, { calls: number; milliseconds: number }>()
let timing = false

/**
 * Switches the timing of fallbacks on or off. The environment variable KD_NATIVE_DEBUG=1 switches it on from the start and
 * prints the report when the process ends.
 *
 * @param on - whether to take times
 *
 * @example
 * ```ts no-run
 * import { fallbackReport, timeFallbacks } from '@kd/native'
 *
 * timeFallbacks(true)
 * // ... train a step ...
 * console.table(fallbackReport())
 * ```
 */
export function timeFallbacks(on: boolean): void {
  timing = on
}

/**
 * Which kernels ran in plain JavaScript since the start or the last reset, the slowest first.
 *
 * @returns one entry per kernel
 */
export function fallbackReport(): Fallback[] {
  return [...records]
    .map(([kernel, record]) => ({ kernel, ...record }))
    .sort((left, right) => right.milliseconds - left.milliseconds || right.calls - left.calls)
}

/** Empties the report. */
export function resetFallbacks(): void {
  records.clear()
}

/**
 * Notes that a kernel runs in plain JavaScript.
 *
 * @param kernel - its name
 * @returns to be called when it has run
 * @internal
 */
export function recordFallback(kernel: string): () => void {
  let record = records.get(kernel)
  if (record === undefined) records.set(kernel, (record = { calls: 0, milliseconds: 0 }))
  const entry = record
  entry.calls += 1
  if (!timing) return ignore
  const start = performance.now()
  return () => {
    entry.milliseconds += performance.now() - start
  }
}

function ignore(): void {
  // not timed
}
