import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { layersWithin } from './layers-within.js'
import type { Model } from './model.js'

/**
 * Collects the regularizers of all layers, of models within a model and of recurrent cells too.
 *
 * @param model - any
 * @returns `regularization` for a {@link Model}, the sum of what the regularizers give; nothing where there is none
 */
export function regularizationOf(model: LayersModel): Pick<Model, 'regularization'> {
  const losses = layersWithin(model).flatMap(([layer]) =>
    // A model has those of its layers, which are listed themselves.
    'layers' in layer ? [] : (layer as unknown as { losses: (() => tf.Scalar)[] }).losses,
  )
  return losses.length === 0 ? {} : { regularization: () => tf.addN(losses.map((loss) => loss())) }
}
