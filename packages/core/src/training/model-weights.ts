import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { makeTensor, readTensor } from './tensor-values.js'
import type { TensorValues } from './training-checkpoint.js'

/** Copies all weights of a model out of the engine, trainable and others, in the model's order. */
export async function readWeights(model: LayersModel): Promise<TensorValues[]> {
  return Promise.all(
    model.weights.map((weight, index) => readTensor(`weight ${index} of ${model.name}`, weight.read())),
  )
}

/** Puts back what {@link readWeights} gave. */
export function writeWeights(model: LayersModel, weights: readonly TensorValues[]): void {
  tf.tidy(() => {
    model.setWeights(weights.map(makeTensor))
  })
}
