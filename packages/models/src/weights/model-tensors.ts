import { KdError } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers'
import type { SafetensorsTensor } from '../safetensors/safetensors-tensor.js'
import { assertFittingTensors } from './assert-fitting-tensors.js'

/**
 * Takes the weights out of any model, ready for {@link writeSafetensors}.
 *
 * Names are `layer/weight` as in the model's own `model.json` (`logits/kernel`, `stem_bn/moving_mean`) and shapes are
 * TensorFlow.js's: height, width, in, out for a convolution, in, out for a dense layer. {@link loadModelTensors} puts
 * them back.
 *
 * @param model - any model; its weights are copied
 * @returns float32 tensors by name
 * @throws {@link KdError} when two weights have one name
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { mlp, modelTensors, writeSafetensors } from '@kd/models'
 *
 * const student = mlp({ inputShape: [4], hiddenUnits: [8], classes: 2 })
 * const bytes = writeSafetensors(await modelTensors(student))
 * console.log(bytes.length > 0) // true
 * ```
 */
export async function modelTensors(model: LayersModel): Promise<Map<string, SafetensorsTensor>> {
  const tensors = new Map<string, SafetensorsTensor>()
  for (const [name, variable] of variablesByName(model, 'modelTensors')) {
    const value = variable.read()
    const data = Float32Array.from(await value.data())
    tensors.set(name, { dtype: 'F32', shape: value.shape, data })
  }
  return tensors
}

/** Returns a model's weights by the names that a saved model gives them. */
export function variablesByName(model: LayersModel, functionName: string): Map<string, LayerVariable> {
  const variables = new Map<string, LayerVariable>()
  for (const variable of model.weights) {
    // `name` gets a number behind it once another model in the program uses the same one.
    const name = variable.originalName
    if (variables.has(name)) {
      throw new KdError(`${functionName}: model's weights must have different names, got '${name}' twice`, {
        hint: 'give every layer a name of its own',
      })
    }
    variables.set(name, variable)
  }
  return variables
}

/**
 * Puts the weights that {@link modelTensors} took out of a model into another of the same layers.
 *
 * Nothing is changed unless every tensor fits.
 *
 * @param model - changed in place
 * @param tensors - one per weight, by `layer/weight`; F16, BF16 and F64 are converted to float32
 * @throws {@link ShapeError} listing every missing, unknown or wrongly shaped name
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { loadModelTensors, mlp, modelTensors, readSafetensors, writeSafetensors } from '@kd/models'
 *
 * const options = { inputShape: [4], hiddenUnits: [8], classes: 2 }
 * const bytes = writeSafetensors(await modelTensors(mlp({ ...options, seed: 1 })))
 * const copy = mlp({ ...options, seed: 2 })
 * loadModelTensors(copy, readSafetensors(bytes)) // now has the weights of the first
 * ```
 */
export function loadModelTensors(model: LayersModel, tensors: ReadonlyMap<string, SafetensorsTensor>): void {
  const variables = variablesByName(model, 'loadModelTensors')
  const shapes = new Map([...variables].map(([name, { shape }]) => [name, shape as number[]]))
  assertFittingTensors(tensors, shapes, 'loadModelTensors')
  tf.tidy(() => {
    for (const [name, variable] of variables) {
      const { data, shape } = tensors.get(name)!
      variable.write(tf.tensor(Float32Array.from(data as Float32Array), [...shape]))
    }
  })
}
