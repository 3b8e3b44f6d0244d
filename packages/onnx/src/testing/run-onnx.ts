import type * as tf from '@tensorflow/tfjs-core'
import { describeOnnx } from '../describe-onnx.js'
import { createSession, loadRuntime, runSession } from '../runtime.js'

/** Runs a file in the real runtime and gives its first output. */
export async function runOnnx(bytes: Uint8Array, inputs: tf.Tensor): Promise<Float32Array> {
  const runtime = await loadRuntime('runOnnx')
  const { inputs: given, outputs } = describeOnnx(bytes)
  const session = await createSession(runtime, bytes, 1, 'runOnnx')
  const values = Float32Array.from(await inputs.data())
  const [result] = await runSession(runtime, session, { name: given[0]!.name, values, shape: inputs.shape }, [
    outputs[0]!.name,
  ])
  await session.release?.()
  return result!.values
}

/** The greatest |difference| / max(1, |expected|). */
export function greatestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers, not ${expected.length}`)
  let greatest = 0
  for (let index = 0; index < expected.length; index++) {
    const error = Math.abs(actual[index]! - expected[index]!) / Math.max(1, Math.abs(expected[index]!))
    // A NaN is an error, too.
    if (!(error <= greatest)) greatest = error
  }
  return greatest
}
