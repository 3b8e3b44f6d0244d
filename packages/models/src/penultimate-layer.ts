import { KdError, lastDenseLayer } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/**
 * Finds the layer whose output feeds the last dense layer: the one that methods mean by `'penultimate'`. In the models of
 * this package it is `features`, or the input where a linear classifier has nothing else.
 *
 * @param model - any model with a dense layer on its top level
 * @returns the layer's name; its output is [N, D]
 * @throws {@link KdError} when there is no dense layer
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { mlp, penultimateLayer } from '@kd/models'
 *
 * console.log(penultimateLayer(mlp({ inputShape: [4], hiddenUnits: [8], classes: 2 }))) // features
 * ```
 */
export function penultimateLayer(model: LayersModel): string {
  const dense = lastDenseLayer(model)
  if (dense === undefined) {
    throw new KdError(`penultimateLayer: model must have a dense layer, got '${model.name}' without one`, {
      hint: 'name the feature layer instead of penultimate',
    })
  }
  const { input } = dense
  if (Array.isArray(input))
    throw new KdError(`penultimateLayer: layer '${dense.name}' must have one input, got ${input.length}`)
  return input.sourceLayer.name
}
