import { KdError } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

type Layer = LayersModel['layers'][number]

/** The last layers of a model. */
export interface OutputLayers {
  /** The last layer that is more than a softmax. */
  readonly last: Layer
  /** The layer behind it that is a softmax and nothing else. */
  readonly softmax: Layer | undefined
}

/**
 * Finds where a model's output comes from.
 *
 * @param model - with one output
 * @param functionName - the function that was called, for messages
 * @throws {@link KdError} when there are several outputs
 */
export function outputLayers(model: LayersModel, functionName: string): OutputLayers {
  if (model.outputs.length !== 1)
    throw new KdError(`${functionName}: model must have one output, got ${model.outputs.length}`)
  const last = model.outputs[0]!.sourceLayer
  const isSoftmax =
    last.getClassName() === 'Softmax' ||
    (last.getClassName() === 'Activation' && last.getConfig()['activation'] === 'softmax')
  if (!isSoftmax) return { last, softmax: undefined }
  const { input } = last
  if (Array.isArray(input))
    throw new KdError(`${functionName}: layer '${last.name}' must have one input, got ${input.length}`)
  return { last: input.sourceLayer, softmax: last }
}
