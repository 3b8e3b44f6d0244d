import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { randomSource } from '@kd/core'

/** Gives all weights random values, so that no bias and no average stays 0; variances become positive. */
export function shakeWeights(model: LayersModel, seed: number): void {
  const random = randomSource(seed)
  for (const layer of model.layers) {
    const weights = layer.getWeights()
    const isNormalization = layer.getClassName() === 'BatchNormalization'
    const shaken = weights.map((weight, index) => {
      const positive = isNormalization && index === weights.length - 1
      const values = Float32Array.from(weight.dataSync(), (value) => {
        const noise = random.uniform() - 0.5
        return positive ? 1 + noise : value + noise * 0.1
      })
      return tf.tensor(values, weight.shape)
    })
    layer.setWeights(shaken)
  }
}

/** Random inputs [count, ...shape of the model's input]. */
export function randomInputs(model: LayersModel, count: number, seed: number): tf.Tensor {
  return tf.randomNormal([count, ...(model.inputs[0]!.shape.slice(1) as number[])], 0, 1, 'float32', seed)
}
