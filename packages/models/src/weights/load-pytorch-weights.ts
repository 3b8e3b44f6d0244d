import { KdError } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers'
import type { SafetensorsTensor } from '../safetensors/safetensors-tensor.js'
import { assertFittingTensors } from './assert-fitting-tensors.js'
import { variablesByName } from './model-tensors.js'
import { adaptedNames, pytorchModuleName, pytorchWeightNames } from './pytorch-names.js'

const functionName = 'loadPytorchWeights'

/** A weight of the model that is a tensor of PyTorch, or one group of its output channels. */
interface Place {
  readonly variable: LayerVariable
  readonly layout: 'vector' | 'dense' | 'convolution' | 'depthwise'
}

/**
 * Puts the weights of a PyTorch network into a model of this package: `cifarResnet`, `wideResnet`, `vgg`, `mobilenetV2`,
 * `shufflenetV1` or `shufflenetV2`.
 *
 * Understands the names of RepDistiller and, for ResNets, those of akamaster, torchvision and timm (`fc`, `linear` or `head.fc`;
 * `downsample` or `shortcut`). A prefix that all names share (`module.`, `model.`, `_orig_mod.`) is taken off, and the counters
 * `num_batches_tracked` are passed over. Nothing is changed unless every tensor fits.
 *
 * Networks for ImageNet are others: a ResNet-18 has a 7×7 stem and four stages, torchvision's MobileNetV2 has ReLU6 and no
 * expansion in its first block. Their names do not fit; use them as ONNX.
 *
 * @param model - changed in place
 * @param tensors - as {@link readSafetensors} gives them
 * @throws {@link ShapeError} listing every name that is missing in the file, unknown to the model, or of another shape
 * @throws {@link KdError} when the model is of another family
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { cifarResnet, loadPytorchWeights, pytorchResnetTensors } from '@kd/models'
 *
 * const tensors = await pytorchResnetTensors(cifarResnet({ depth: 8, classes: 10, seed: 1 }), 'repdistiller')
 * const parallel = new Map([...tensors].map(([name, tensor]) => [`module.${name}`, tensor]))
 * loadPytorchWeights(cifarResnet({ depth: 8, classes: 10 }), parallel) // now has the weights of the first
 * ```
 */
export function loadPytorchWeights(
  model: LayersModel,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
): void {
  const places = placesOf(model)
  const shapes = new Map([...places].map(([name, parts]) => [name, shapeInPytorch(parts)]))
  const names = adaptedNames(
    [...tensors.keys()].filter((name) => !name.endsWith('.num_batches_tracked')),
    new Set(shapes.keys()),
  )
  const weights = new Map<string, SafetensorsTensor>()
  for (const [name, adapted] of names) {
    if (weights.has(adapted))
      throw new KdError(
        `${functionName}: tensors must have different names, got two for ${adapted}, one is ${name}`,
      )
    weights.set(adapted, tensors.get(name)!)
  }
  assertFittingTensors(weights, shapes, functionName)
  tf.tidy(() => {
    for (const [name, parts] of places) {
      const { data, shape } = weights.get(name)!
      const whole = tf.tensor(Float32Array.from(data as Float32Array), [...shape])
      tf.split(whole, parts.length).forEach((part, index) => {
        const { variable, layout } = parts[index]!
        variable.write(tf.transpose(part, [...axes[layout]]))
      })
    }
  })
}

/** PyTorch's axes in the order of TensorFlow.js. */
const axes = {
  vector: [0],
  dense: [1, 0],
  convolution: [2, 3, 1, 0],
  depthwise: [2, 3, 0, 1],
} as const

/** Returns the weights of a model by their PyTorch name; a convolution in groups has several. */
function placesOf(model: LayersModel): Map<string, Place[]> {
  const variables = [...variablesByName(model, functionName)].map(([name, variable]) => {
    const [, layer, group, weight] = /^(.+?)(_group\d+)?\/(.+)$/.exec(name) ?? []
    return { layer: layer!, group, weight: weight!, variable }
  })
  const layers = new Set(variables.map(({ layer, group = '' }) => layer + group))
  const moduleName = pytorchModuleName(layers)
  const places = new Map<string, Place[]>()
  for (const { layer, weight, variable } of variables) {
    const module = moduleName?.(layer)
    const name = pytorchWeightNames[weight]
    if (module === undefined || name === undefined) {
      throw new KdError(
        `${functionName}: model must be a cifarResnet, wideResnet, vgg, mobilenetV2 or shufflenet, got the layer '${layer}'`,
        {
          hint: 'for any other network export it as ONNX, or name its weights layer/weight and use loadModelTensors',
        },
      )
    }
    const key = `${module}.${name}`
    const layout =
      weight === 'depthwise_kernel'
        ? 'depthwise'
        : (({ 2: 'dense', 4: 'convolution' } as const)[variable.shape.length] ?? 'vector')
    places.set(key, [...(places.get(key) ?? []), { variable, layout }])
  }
  return places
}

/** The shape of a tensor in PyTorch, where groups are the output channels of one convolution. */
function shapeInPytorch(parts: readonly Place[]): number[] {
  const { variable, layout } = parts[0]!
  const shape = axes[layout].map(
    (_, axis) => variable.shape[axes[layout].findIndex((from) => from === axis)]!,
  )
  return [shape[0]! * parts.length, ...shape.slice(1)]
}
