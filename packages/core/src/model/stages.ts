import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'

/**
 * Finds the stages of a network for images: the parts between two changes of height and width.
 *
 * @param model - any LayersModel
 * @returns by `'stage1'` ... `'stageK'` the output of the last layer of each size, none for a model without such layers
 */
export function stageOutputs(model: LayersModel): Readonly<Record<string, SymbolicTensor>> {
  const bySize = new Map<string, SymbolicTensor>()
  for (const layer of model.layers) {
    // A layer that is used several times has no single output, and an input is no work of the network's.
    if (layer.inboundNodes.length !== 1 || layer.getClassName() === 'InputLayer') continue
    const output = layer.output
    if (Array.isArray(output) || output.shape.length !== 4) continue
    const [height, width] = output.shape.slice(1, 3)
    // What is left of an image after global pooling is no map.
    if (height == null || width == null || height * width <= 1) continue
    bySize.set(`${height}x${width}`, output)
  }
  return Object.fromEntries([...bySize.values()].map((output, index) => [`stage${index + 1}`, output]))
}
