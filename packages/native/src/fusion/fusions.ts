let on = true

/**
 * Switches the fused gradients, layers and models on or off: the gradients of relu, relu6, sigmoid, tanh, sum and mean, batch
 * normalisation in training, and neighbouring layers of a model as one kernel. They are on at the start; off, TensorFlow.js's
 * own compositions run, on native kernels all the same. Meant for tests: results agree to rounding either way.
 *
 * @param enabled - whether to use them
 *
 * @example
 * ```ts no-run
 * import { useFusions } from '@kd/native'
 *
 * useFusions(false)
 * ```
 */
export function useFusions(enabled: boolean): void {
  on = enabled
}

/**
 * @returns whether fused forms are used
 * @internal
 */
export function fusionsAreOn(): boolean {
  return on
}
