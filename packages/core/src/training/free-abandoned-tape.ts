import * as tf from '@tensorflow/tfjs-core'

/**
 * Frees what a failed gradient has left behind. While a gradient is taken, TensorFlow.js keeps the results that the backward
 * pass will need, out of reach of any tidy, and frees them after that pass only: when a kernel throws, never. Call it where no
 * gradient is being taken.
 */
export function freeAbandonedTape(): void {
  const { state } = tf.engine()
  // Null when the last gradient went well, whatever its type says.
  const tape = state.activeTape as typeof state.activeTape | null
  tf.dispose(tape?.map(({ saved }) => saved ?? []) ?? [])
  if (tape !== null) state.activeTape = []
}
