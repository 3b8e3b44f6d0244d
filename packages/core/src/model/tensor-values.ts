import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../errors.js'

/** A tensor's values outside the engine. The array is a copy that nothing else uses. */
export interface TensorValues {
  readonly dtype: 'float32' | 'int32' | 'bool'
  readonly shape: readonly number[]
  /** Row by row; booleans as 0 and 1. */
  readonly values: Float32Array | Int32Array | Uint8Array
}

/** Copies a tensor out of the engine. */
export async function readTensor(name: string, tensor: tf.Tensor): Promise<TensorValues> {
  const { dtype, shape } = tensor
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new KdError(`distill: ${name} must be of float32, int32 or bool to be kept, got ${dtype}`)
  }
  // An engine may hand out the array that it goes on computing with.
  return { dtype, shape: [...shape], values: (await tensor.data()).slice() }
}

/** Makes a tensor in the engine. */
export function makeTensor({ values, shape, dtype }: TensorValues): tf.Tensor {
  return tf.tensor(values.slice(), [...shape], dtype)
}

/** Copies several tensors out of the engine, under names that begin with a prefix. */
export async function readTensors(
  prefix: string,
  tensors: Readonly<Record<string, tf.Tensor>>,
): Promise<[string, TensorValues][]> {
  return Promise.all(
    Object.entries(tensors).map(async ([name, tensor]): Promise<[string, TensorValues]> => {
      return [`${prefix}${name}`, await readTensor(`${prefix}${name}`, tensor)]
    }),
  )
}

/** Makes the tensors whose names begin with a prefix, and names them by the rest of their names. */
export function makeTensors(
  prefix: string,
  tensors: ReadonlyMap<string, TensorValues>,
): Record<string, tf.Tensor> {
  return Object.fromEntries(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, values]) => [name.slice(prefix.length), makeTensor(values)]),
  )
}
