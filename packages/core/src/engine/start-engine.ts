import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../errors.js'
import type { EngineLoader, EngineOptions } from './engine.js'
import { firstLine, withHint } from './import-optional.js'

/**
 * Loads an engine and makes it the current one.
 *
 * @returns its version
 * @throws {@link KdError} with one line that says what stands in the way, and a hint where there is a way out; the engine
 * that was current is so again
 */
export async function startEngine(loader: EngineLoader, options: EngineOptions): Promise<string> {
  // tfjs-node makes itself current as soon as it is imported.
  const previous = currentBackend()
  try {
    const version = await loader.load(options)
    if (!(await tf.setBackend(loader.backend))) throw new KdError(await initializationError(loader))
    loader.verify?.()
    return version
  } catch (cause) {
    if (previous !== undefined && tf.engine().backendName !== previous) await tf.setBackend(previous)
    throw new KdError(firstLine(cause), withHint(cause))
  }
}

/** The backend in use; undefined before any was chosen. */
export function currentBackend(): string | undefined {
  return tf.engine().backendName ?? undefined
}

/** TensorFlow.js keeps the error of a failed start to itself, so it is provoked once more. */
async function initializationError({ backend }: EngineLoader): Promise<string> {
  try {
    await tf.findBackendFactory(backend)()
    return `the backend ${backend} did not start at first`
  } catch (error) {
    return `the backend ${backend} does not start: ${firstLine(error)}`
  }
}
