import type { LayersModel } from '@tensorflow/tfjs-layers'
import { layersWithin, type Layer } from './layers-within.js'

/**
 * Runs a model so that batch normalisation that is not trainable normalises by its averages, which stay as they are, also in training: as in
 * Keras, where TensorFlow.js takes the batch's statistics and moves the averages.
 *
 * @param model - whose layers are held for the time of the call
 * @param run - runs the model
 * @returns what `run` returns
 */
export function withFrozenNormalization<Result>(model: LayersModel, run: () => Result): Result {
  const frozen = normalizations(model).filter((layer) => !layer.trainable)
  if (frozen.length === 0) return run()
  for (const layer of frozen) {
    const prototype = Object.getPrototypeOf(layer) as Layer
    layer.call = (inputs, kwargs) => prototype.call.call(layer, inputs, { ...kwargs, training: false })
  }
  try {
    return run()
  } finally {
    for (const layer of frozen) Reflect.deleteProperty(layer, 'call')
  }
}

/**
 * Finds batch normalisation whose every mean is one over the examples alone: its input is a vector, or a map of one position.
 *
 * @param model - any
 * @returns the name of the first such layer that is trainable, or undefined
 */
export function normalizesExamples(model: LayersModel): string | undefined {
  return normalizations(model).find(
    (layer) =>
      layer.trainable &&
      layer.inboundNodes.some(({ inputTensors }) =>
        inputTensors.every(({ shape }) => shape.slice(1, -1).every((length) => length === 1)),
      ),
  )?.name
}

function normalizations(model: LayersModel): Layer[] {
  return layersWithin(model)
    .map(([layer]) => layer)
    .filter((layer) => layer.getClassName() === 'BatchNormalization')
}
