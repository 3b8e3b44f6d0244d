import { io } from '@tensorflow/tfjs-core'
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers'
import { assertKnownLayers } from './known-layers.js'
import { assertOutputSizes } from './model-bounds.js'
import { modelTopology } from './model-topology.js'
import { withinWeights } from './weight-allowance.js'

/**
 * Builds a model from a configuration that may come from anywhere, without the values of its weights.
 *
 * @param topology - as it was parsed, in the form of Keras 2 and TensorFlow.js
 * @param numbers - how many numbers its weights may have
 * @param functionName - the function that was called, for messages
 * @returns the model
 * @throws {@link KdError} when a layer is unknown or holds code, a layer waits for itself, or the weights would be larger; and
 * whatever TensorFlow.js throws
 */
export async function buildLayersModel(
  topology: unknown,
  numbers: number,
  functionName: string,
): Promise<LayersModel> {
  assertKnownLayers(topology, functionName)
  const checked = modelTopology(topology)
  const model = await withinWeights(numbers, () => loadLayersModel(io.fromMemory({ modelTopology: checked })))
  assertOutputSizes(model)
  return model
}
