import * as tf from '@tensorflow/tfjs-core'

/**
 * Reads what a method says about single examples.
 *
 * @param compute - gives one number for each example; what it makes beside them is disposed
 * @returns the numbers
 */
export async function readExamples(compute: () => tf.Tensor1D): Promise<Float32Array> {
  const values = tf.tidy(compute)
  try {
    return await values.data<'float32'>()
  } finally {
    values.dispose()
  }
}
