import { KdError } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers'
import type { SafetensorsTensor } from '../safetensors/safetensors-tensor.js'
import { assertFittingTensors } from './assert-fitting-tensors.js'
import { variablesByName } from './model-tensors.js'
import { pytorchWeightNames } from './pytorch-names.js'

/**
 * Puts the weights of a PyTorch CIFAR ResNet into a model of {@link cifarResnet}.
 *
 * Understands the names of akamaster/pytorch_resnet_cifar10 (`conv1.weight`, `layer1.0.bn1.running_mean`,
 * `linear.weight`) and of RepDistiller (`fc.weight`, `layer2.0.downsample.0.weight`), and their layouts. A counter
 * `….num_batches_tracked` beside a batch normalisation is passed over. Nothing is changed unless every tensor fits.
 *
 * @param model - made by `cifarResnet`, `resnet8x4` or `resnet32x4`; changed in place
 * @param tensors - as {@link readSafetensors} gives them
 * @throws {@link ShapeError} listing every missing, unknown or wrongly shaped name
 * @throws {@link KdError} when the model is of another family
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { cifarResnet, loadPytorchResnet, pytorchResnetTensors } from '@kd/models'
 *
 * const tensors = await pytorchResnetTensors(cifarResnet({ depth: 8, classes: 10, seed: 1 }))
 * const copy = cifarResnet({ depth: 8, classes: 10, seed: 2 })
 * loadPytorchResnet(copy, tensors) // now has the weights of the first
 * ```
 */
export function loadPytorchResnet(model: LayersModel, tensors: ReadonlyMap<string, SafetensorsTensor>): void {
  const names = tensors.has('fc.weight') ? 'repdistiller' : 'akamaster'
  const variables = pytorchResnetVariables(model, names, 'loadPytorchResnet')
  const shapes = new Map([...variables].map(([name, { shape }]) => [name, shapeInPytorch(shape as number[])]))
  const isCounter = (name: string): boolean =>
    name.endsWith('.num_batches_tracked') && shapes.has(name.replace(/num_batches_tracked$/, 'running_mean'))
  const weights = new Map([...tensors].filter(([name]) => !isCounter(name)))
  assertFittingTensors(weights, shapes, 'loadPytorchResnet')
  tf.tidy(() => {
    for (const [name, variable] of variables) {
      const { data, shape } = weights.get(name)!
      const values = tf.tensor(Float32Array.from(data as Float32Array), [...shape])
      variable.write(tf.transpose(values, axesFromPytorch(shape.length)))
    }
  })
}

/**
 * Takes the weights out of a {@link cifarResnet} under PyTorch's names and in its layouts, so that
 * `load_state_dict(safetensors.torch.load_file(path), strict=False)` takes them there (the counters
 * `num_batches_tracked`, which evaluation does not read, are not written).
 *
 * @param model - made by `cifarResnet`, `resnet8x4` or `resnet32x4`
 * @param names - whose names: akamaster/pytorch_resnet_cifar10's or RepDistiller's, see {@link PytorchResnetNames}
 * @returns float32 tensors by name
 * @throws {@link KdError} when the model is of another family
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { cifarResnet, pytorchResnetTensors } from '@kd/models'
 *
 * const tensors = await pytorchResnetTensors(cifarResnet({ depth: 8, classes: 10 }))
 * console.log(tensors.get('conv1.weight')?.shape) // [16, 3, 3, 3]
 * ```
 */
export async function pytorchResnetTensors(
  model: LayersModel,
  names: PytorchResnetNames = 'akamaster',
): Promise<Map<string, SafetensorsTensor>> {
  const tensors = new Map<string, SafetensorsTensor>()
  for (const [name, variable] of pytorchResnetVariables(model, names, 'pytorchResnetTensors')) {
    const value = variable.read()
    const turned = tf.transpose(value, axesToPytorch(value.rank))
    const data = Float32Array.from(await turned.data())
    tensors.set(name, { dtype: 'F32', shape: turned.shape, data })
    turned.dispose()
  }
  return tensors
}

/**
 * Whose names are meant where the two PyTorch definitions differ: akamaster's `linear` and `shortcut.0`, or RepDistiller's
 * (and torchvision's) `fc` and `downsample.0`.
 */
export type PytorchResnetNames = 'akamaster' | 'repdistiller'

const conventions = {
  akamaster: { classifier: 'linear', shortcut: 'shortcut' },
  repdistiller: { classifier: 'fc', shortcut: 'downsample' },
} as const

/** Returns every weight of a {@link cifarResnet} by its PyTorch name. */
function pytorchResnetVariables(
  model: LayersModel,
  names: PytorchResnetNames,
  functionName: string,
): Map<string, LayerVariable> {
  const variables = new Map<string, LayerVariable>()
  for (const [name, variable] of variablesByName(model, functionName)) {
    const [layer, weight] = name.split('/') as [string, string]
    const module = moduleName(layer, names)
    if (module === undefined) {
      throw new KdError(`${functionName}: model must be made by cifarResnet, got the layer '${layer}'`)
    }
    variables.set(`${module}.${pytorchWeightNames[weight]!}`, variable)
  }
  return variables
}

function moduleName(layer: string, names: PytorchResnetNames): string | undefined {
  const { classifier, shortcut } = conventions[names]
  const fixed = new Map([
    ['stem_conv', 'conv1'],
    ['stem_bn', 'bn1'],
    ['logits', classifier],
  ])
  const [, stage, block, part] =
    /^stage(\d)_block(\d+)_(conv\d|bn\d|shortcut_conv|shortcut_bn)$/.exec(layer) ?? []
  if (part === undefined) return fixed.get(layer)
  const partName = { shortcut_conv: `${shortcut}.0`, shortcut_bn: `${shortcut}.1` }[part] ?? part
  return `layer${stage}.${Number(block) - 1}.${partName}`
}

/**
 * The axes of PyTorch's layout in the order of TensorFlow.js, by rank: [out, in, H, W] becomes [H, W, in, out], and
 * [out, in] becomes [in, out].
 */
const axesByRank: Readonly<Record<number, readonly number[]>> = { 1: [0], 2: [1, 0], 4: [2, 3, 1, 0] }

/** Returns the permutation for tf.transpose from PyTorch's layout. */
function axesFromPytorch(rank: number): number[] {
  return [...axesByRank[rank]!]
}

/** Returns the permutation for tf.transpose to PyTorch's layout. */
function axesToPytorch(rank: number): number[] {
  const axes = axesFromPytorch(rank)
  return axes.map((_, axis) => axes.indexOf(axis))
}

/** Returns a shape of TensorFlow.js as PyTorch has it. */
function shapeInPytorch(shape: readonly number[]): number[] {
  return axesToPytorch(shape.length).map((axis) => shape[axis]!)
}
