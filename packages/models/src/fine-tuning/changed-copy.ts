import * as tf from '@tensorflow/tfjs-core'
import { LayersModel, Sequential } from '@tensorflow/tfjs-layers'
import type { OutputLayers } from './output-layers.js'

/** The configuration of a layer, as a model's `getConfig` gives it. */
interface LayerConfig {
  readonly name?: string
  readonly className: string
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string }
}

/**
 * Copies a model with its weights, with another last layer and no softmax behind it.
 *
 * @param model - it stays as it is
 * @param ends - its last layers
 * @param options - options of the last layer that replace its own; the weights of a layer with another name are not copied, they
 * are zero
 * @returns a model that shares nothing with the other one
 */
export function changedCopy(
  model: LayersModel,
  { last, softmax }: OutputLayers,
  options: Readonly<Record<string, unknown>>,
): LayersModel {
  // Some configurations hold parts of the layer itself.
  const config = model.getConfig() as Record<string, unknown>
  const layers = (config['layers'] as readonly LayerConfig[])
    .filter((layer) => layer.config.name !== softmax?.name)
    .map((layer) => {
      if (layer.config.name !== last.name) return layer
      const changed = { ...layer.config, ...options }
      return layer.name === undefined
        ? { ...layer, config: changed }
        : { ...layer, name: changed.name, config: changed }
    })
  const name = options['name'] ?? last.name
  const copy = (
    model instanceof Sequential
      ? Sequential.fromConfig(Sequential, { name: model.name, layers } as never, {}, true)
      : LayersModel.fromConfig(
          LayersModel,
          { ...config, layers, outputLayers: [[name, 0, 0]] } as never,
          {},
          true,
        )
  ) as LayersModel
  tf.tidy(() => {
    for (const layer of copy.layers) {
      const source = model.layers.find((candidate) => candidate.name === layer.name)
      layer.weights.forEach((weight, index) => {
        if (source !== undefined) weight.write(tf.clone(source.weights[index]!.read()))
      })
    }
  })
  return copy
}
