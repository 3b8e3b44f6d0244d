import { KdError } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { changedCopy } from './changed-copy.js'
import { outputLayers } from './output-layers.js'

/**
 * Takes the softmax off the end of a model, so that it gives logits: a last layer that is a softmax is left out, and a last layer
 * with a softmax as its activation gets none.
 *
 * @param model - any model with one output; it stays as it is
 * @returns a copy that shares nothing with `model`, which may be disposed
 * @throws {@link KdError} when the model does not end in a softmax, has several outputs, or ends in a model of its own
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import { withoutSoftmax } from '@kd/models'
 *
 * const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [4], activation: 'softmax' })] })
 * console.log(withoutSoftmax(model).layers.at(-1)!.getConfig()['activation']) // linear
 * ```
 */
export function withoutSoftmax(model: LayersModel): LayersModel {
  const ends = outputLayers(model, 'withoutSoftmax')
  if (ends.softmax !== undefined) return changedCopy(model, ends, {})
  const activation: unknown = ends.last.getConfig()['activation']
  if (activation === 'softmax') return changedCopy(model, ends, { activation: 'linear' })
  throw new KdError(
    `withoutSoftmax: model must end in a softmax, got the layer '${ends.last.name}' (${ends.last.getClassName()}) at its end`,
    { hint: 'if it gives logits already, leave withoutSoftmax away' },
  )
}
