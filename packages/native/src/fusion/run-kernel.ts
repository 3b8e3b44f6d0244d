import * as tf from '@tensorflow/tfjs-core'

/**
 * Runs a kernel of one output by its name.
 *
 * @param name - of the kernel
 * @param inputs - by name
 * @param attributes - what else it takes
 * @returns its output
 */
export function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, unknown>,
): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(name, inputs, attributes as tf.NamedAttrMap)
}
