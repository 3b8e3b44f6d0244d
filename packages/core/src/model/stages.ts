import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'

/** Layers that only put numbers elsewhere: what they give is no stage's work. */
const REARRANGING = /^(InputLayer|ZeroPadding2D|Reshape|Permute|Cropping2D|UpSampling2D)$/

/**
 * Finds the stages of a network for images that does not name them itself: the parts between two changes of height and width. A
 * stage ends at the last layer of its size that every way through the network passes.
 *
 * @param model - any LayersModel
 * @returns by `'stage1'` ... `'stageK'` the output of each stage; none for a model that has layers of such names, or no maps
 */
export function stageOutputs(model: LayersModel): Readonly<Record<string, SymbolicTensor>> {
  const { layers } = model
  if (layers.some(({ name }) => /^stage\d+$/.test(name))) return {}
  const placeOf = new Map(layers.map((layer, index) => [layer.name, index]))
  // Up to where each layer's output is still wanted.
  const wantedUntil = layers.map((layer) =>
    Math.max(-1, ...layer.outboundNodes.map((node) => placeOf.get(node.outboundLayer.name) ?? -1)),
  )
  const bySize = new Map<string, SymbolicTensor>()
  for (const [index, layer] of layers.entries()) {
    if (REARRANGING.test(layer.getClassName()) || layer.inboundNodes.length !== 1) continue
    const isPassed = wantedUntil.slice(0, index).every((until) => until <= index)
    const output = layer.output
    if (!isPassed || Array.isArray(output) || output.shape.length !== 4) continue
    const [height, width] = output.shape.slice(1, 3)
    // What is left of an image after global pooling is no map.
    if (height == null || width == null || height * width <= 1) continue
    bySize.set(`${height}x${width}`, output)
  }
  return Object.fromEntries([...bySize.values()].map((output, index) => [`stage${index + 1}`, output]))
}
