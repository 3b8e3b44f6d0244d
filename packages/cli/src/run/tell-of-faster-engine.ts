import type { EngineName } from '@kd/core'

/**
 * Says in one line what a faster engine would bring, where the wasm engine computes.
 *
 * @param engine - that computes
 * @param tell - takes the message
 */
export function tellOfFasterEngine(
  engine: EngineName,
  tell: (message: { readonly kind: 'message'; readonly text: string }) => void,
): void {
  if (engine !== 'wasm') return
  // From docs/performance.md: the rows that train, two threads against the one that wasm has.
  const text =
    'the wasm engine computes: with @kd/native (npm install @kd/native) training is 10 to 20 times as fast; kd doctor says whether it loads here'
  tell({ kind: 'message', text })
}
