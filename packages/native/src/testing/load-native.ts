import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { needs } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import type { TestOptions } from 'vitest'

import type * as native from '../index.js'

type Native = typeof native

let reason = ''

/**
 * Loads the package under test.
 *
 * @returns it, or undefined where the addon is not built
 */
export async function loadNative(): Promise<Native | undefined> {
  try {
    const native = await import('../index.js')
    await tf.setBackend('native')
    return native
  } catch (error) {
    reason = `: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]!}`
    return undefined
  }
}

/** Options of tests that run the addon; the end of all tests says why it could not be loaded. */
export function needsAddon(isHere: boolean): TestOptions {
  return needs(isHere, `addon of @kd/native (npm run build:addon -w @kd/native)${reason}`)
}

/** Runs a function on one backend, and returns to native. */
export function onBackend<Result>(name: 'cpu' | 'native', run: () => Result): Result {
  // Both are ready at once, so the promise need not be waited for.
  void tf.setBackend(name)
  try {
    return run()
  } finally {
    void tf.setBackend('native')
  }
}
