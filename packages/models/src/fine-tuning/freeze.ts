import { InvalidArgumentError, KdError, lastDenseLayer } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

type Layer = LayersModel['layers'][number]
type Call = Layer['call']

const frozen = new WeakSet<Layer>()

/**
 * Freezes layers of a model: their weights are not trained, and their batch normalisation uses its averages and leaves them as they
 * are, in training too. (TensorFlow.js itself goes on moving the averages of a layer that is not trainable; Keras does not.)
 *
 * That the weights are not trained is saved with a model. What holds the averages is not: call `freeze` again on a model that was
 * loaded.
 *
 * @param model - changed in place
 * @param layers - names of layers to freeze. @defaultValue every layer but the last dense one
 * @returns the model
 * @throws {@link InvalidArgumentError} when a layer of that name does not exist
 * @throws {@link KdError} when no layer is named and the model has no dense layer
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { cifarResnet, freeze } from '@kd/models'
 *
 * const student = freeze(cifarResnet({ depth: 8, classes: 10 }))
 * console.log(student.trainableWeights.map(({ shape }) => shape)) // [ [ 64, 10 ], [ 10 ] ]
 * ```
 */
export function freeze(model: LayersModel, layers?: readonly string[]): LayersModel {
  const names = layers ?? bodyOf(model)
  const chosen = names.map((name) => {
    const layer = model.layers.find((candidate) => candidate.name === name)
    if (layer !== undefined) return layer
    throw new InvalidArgumentError(`freeze: layers must be layers of ${model.name}, got '${name}'`, {
      hint: `its layers: ${model.layers.map((candidate) => candidate.name).join(', ')}`,
    })
  })
  for (const layer of chosen) freezeLayer(layer)
  return model
}

function bodyOf(model: LayersModel): string[] {
  const head = lastDenseLayer(model)
  if (head === undefined) {
    throw new KdError(`freeze: model must have a dense layer where no layers are named, got '${model.name}'`)
  }
  return model.layers.filter((layer) => layer !== head).map(({ name }) => name)
}

function freezeLayer(layer: Layer): void {
  if ('layers' in layer) for (const inner of (layer as LayersModel).layers) freezeLayer(inner)
  layer.trainable = false
  if (layer.getClassName() !== 'BatchNormalization' || frozen.has(layer)) return
  frozen.add(layer)
  const call: Call = layer.call.bind(layer)
  layer.call = (inputs, options) =>
    call(inputs, { ...options, training: layer.trainable && options?.['training'] === true })
}
