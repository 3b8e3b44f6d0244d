import * as tf from '@tensorflow/tfjs-core'
import type { Model } from './model.js'
import { makeTensor, readTensor, type TensorValues } from './tensor-values.js'

/** Copies all weights of a model out of the engine, trainable and others, in the model's order. */
export async function readWeights({ name, weights }: Model): Promise<TensorValues[]> {
  return Promise.all(weights.map((weight, index) => readTensor(`weight ${index} of ${name}`, weight)))
}

/** Puts back what {@link readWeights} gave. */
export function writeWeights({ weights }: Model, values: readonly TensorValues[]): void {
  tf.tidy(() => {
    weights.forEach((weight, index) => {
      weight.assign(makeTensor(values[index]!))
    })
  })
}
