import * as tf from '@tensorflow/tfjs-core'
import { isPromise } from './teacher.js'

/**
 * Runs somebody else's function, which answers at once or later. What it makes besides its answer is freed where it answers at once.
 * Where it returns a promise, everything that it has made stays alive, since what it still needs cannot be known.
 *
 * @param run - the function
 * @returns what it returns
 */
export function tidyAtOnce<Result extends object>(
  run: () => Result | Promise<Result>,
): Result | Promise<Result> {
  let result: Result | Promise<Result> | undefined
  tf.tidy(() => {
    result = run()
    return isPromise(result) ? [...tf.engine().state.activeScope.track] : (result as tf.TensorContainer)
  })
  return result!
}
