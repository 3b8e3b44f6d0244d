import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'

type Layer = LayersModel['layers'][number]

/** Layers whose kernels are applied once at each place of their output. */
const atOutput: readonly string[] = [
  'Conv1D',
  'Conv2D',
  'Conv3D',
  'DepthwiseConv2D',
  'SeparableConv2D',
  'Dense',
]
/** Layers whose kernels are applied once at each place of their input. */
const atInput: readonly string[] = ['Conv2DTranspose', 'Conv3DTranspose']

/**
 * Counts the multiply-adds of a model for one example: for each convolution and dense layer the numbers in its kernels times the places at which they are
 * applied. As in published tables, additions of biases, normalisation, activations and poolings are not counted.
 *
 * @param model - one whose layers know the shapes of their outputs
 * @returns multiply-adds per example; undefined where the model has a layer with kernels of another kind, or an axis of unknown length
 *
 * @example
 * ```ts
 * import { selectEngine } from '@kd/core'
 * import { countMultiplyAdds, mlp } from '@kd/models'
 *
 * await selectEngine('cpu')
 * console.log(countMultiplyAdds(mlp({ inputShape: [64], hiddenUnits: [16], classes: 10 }))) // 1184
 * ```
 *
 * @see K. He et al.: Deep Residual Learning for Image Recognition, CVPR 2016, whose table 1 counts in this way
 */
export function countMultiplyAdds(model: LayersModel): number | undefined {
  const seen = new Set<number>(model.inputs.map(({ id }) => id))
  let sum = 0
  const visit = ({ id, sourceLayer, nodeIndex, shape }: SymbolicTensor): boolean => {
    if (seen.has(id)) return true
    seen.add(id)
    const inputs = sourceLayer.inboundNodes[nodeIndex]!.inputTensors
    const own = multiplyAddsOf(sourceLayer, inputs[0]?.shape ?? [], shape)
    if (own === undefined) return false
    sum += own
    return inputs.every(visit)
  }
  return model.outputs.every(visit) ? sum : undefined
}

type Shape = readonly (number | null)[]

function multiplyAddsOf(layer: Layer, input: Shape, output: Shape): number | undefined {
  if ('layers' in layer) return countMultiplyAdds(layer as unknown as LayersModel)
  const kernels = layer.weights.filter(({ shape }) => shape.length > 1)
  if (kernels.length === 0) return 0
  const kind = layer.getClassName()
  const applied = atOutput.includes(kind) ? output : atInput.includes(kind) ? input : undefined
  if (applied === undefined) return undefined
  const channelsFirst = layer.getConfig()['dataFormat'] === 'channelsFirst'
  const places = product(channelsFirst ? applied.slice(2) : applied.slice(1, -1))
  return places && kernels.reduce((sum, { shape }) => sum + product(shape)!, 0) * places
}

function product(lengths: Shape): number | undefined {
  return lengths.reduce<number | undefined>(
    (so, length) => (so === undefined || length === null ? undefined : so * length),
    1,
  )
}
