import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { expectAllClose } from '@kd/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { cifarResnet, mobilenetV2, resnet8x4, shufflenetV1, shufflenetV2, vgg, wideResnet } from '../index.js'
import type { SafetensorsTensor } from '../safetensors/safetensors-tensor.js'
import { goldenTensors, hashedUniform } from '../testing/golden-tensors.js'
import { loadPytorchResnet } from '../weights/pytorch-resnet.js'
import golden from './reference-logits.golden.json' with { type: 'json' }

type Tensors = Map<string, SafetensorsTensor>

/** PyTorch's module for one of our layers. */
type ModuleName = (layer: string) => string

const classes = 10
const resnet =
  (make: () => LayersModel) =>
  (tensors: Tensors): LayersModel => {
    const model = make()
    loadPytorchResnet(model, tensors)
    return model
  }
const other =
  (make: () => LayersModel, moduleName: ModuleName) =>
  (tensors: Tensors): LayersModel => {
    const model = make()
    fill(model, tensors, moduleName)
    return model
  }

const wrnModule: ModuleName = (layer) =>
  ({ stem: 'conv1', head_bn: 'bn1', logits: 'fc' })[layer] ??
  layer
    .replace(/^stage(\d)_block(\d+)_/, (_, stage, block) => `block${stage}.layer.${block - 1}.`)
    .replace('shortcut_conv', 'convShortcut')

const vggModule: ModuleName = (layer) =>
  layer === 'logits'
    ? 'classifier'
    : layer.replace(
        /^stage(\d)_(conv|bn)(\d)$/,
        (_, stage, kind, number) => `block${stage - 1}.${3 * (number - 1) + (kind === 'bn' ? 1 : 0)}`,
      )

const mobilenetGroups = [1, 2, 3, 4, 3, 3, 1]
const mobilenetModule: ModuleName = (layer) => {
  const fixed = { stem_conv: 'conv1.0', stem_bn: 'conv1.1', head_conv: 'conv2.0', head_bn: 'conv2.1' }
  return (
    { ...fixed, logits: 'classifier.0' }[layer] ??
    layer.replace(/^block(\d+)_(conv|bn)(\d)$/, (_, number, kind, place) => {
      let block = number - 1
      let group = 0
      while (block >= mobilenetGroups[group]!) block -= mobilenetGroups[group++]!
      return `blocks.${group}.${block}.conv.${3 * (place - 1) + (kind === 'bn' ? 1 : 0)}`
    })
  )
}

const shuffleModule: ModuleName = (layer) =>
  ({ stem_conv: 'conv1', stem_bn: 'bn1', head_conv: 'conv2', head_bn: 'bn2', logits: 'linear' })[layer] ??
  layer.replace(/^stage(\d)_block(\d+)_/, (_, stage, block) => `layer${stage}.${block - 1}.`)

const weightNames: Readonly<Record<string, string>> = {
  kernel: 'weight',
  depthwise_kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
}

/** Sets every weight from the PyTorch tensor of its name, or from one group of it. */
function fill(model: LayersModel, tensors: Tensors, moduleName: ModuleName): void {
  tf.tidy(() => {
    for (const variable of model.weights) {
      const [, layer, group, weight] = /^(.+?)(?:_group(\d))?\/(.+)$/.exec(variable.originalName)!
      const name = `${moduleName(layer!)}.${weightNames[weight!]!}`
      const { data, shape } = tensors.get(name)!
      let value: tf.Tensor = tf.tensor(data as Float32Array, [...shape])
      if (group !== undefined) value = tf.split(value, 3)[Number(group) - 1]!
      if (weight === 'depthwise_kernel') value = tf.transpose(value, [2, 3, 0, 1])
      else if (shape.length === 4) value = tf.transpose(value, [2, 3, 1, 0])
      else if (shape.length === 2) value = tf.transpose(value)
      variable.write(value)
    }
  })
}

const makers: Readonly<Record<string, (tensors: Tensors) => LayersModel>> = {
  'resnet8, padding': resnet(() => cifarResnet({ depth: 8, classes })),
  'resnet14, projection': resnet(() =>
    cifarResnet({ depth: 14, widths: [4, 8, 12, 16], shortcut: 'projection', classes }),
  ),
  resnet8x4: resnet(() => resnet8x4({ classes })),
  wrn_16_1: other(() => wideResnet({ depth: 16, widthFactor: 1, classes }), wrnModule),
  wrn_16_2: other(() => wideResnet({ depth: 16, widthFactor: 2, classes }), wrnModule),
  vgg8: other(() => vgg({ depth: 8, classes }), vggModule),
  vgg13: other(() => vgg({ depth: 13, classes }), vggModule),
  MobileNetV2: other(() => mobilenetV2({ classes }), mobilenetModule),
  ShuffleV1: other(() => shufflenetV1({ classes }), shuffleModule),
  ShuffleV2: other(() => shufflenetV2({ classes }), shuffleModule),
}

describe('the logits', () => {
  beforeAll(() => tf.setBackend('wasm'))
  afterAll(() => tf.setBackend('cpu'))

  it.each(golden.cases)(
    "of $name are those of the authors' definition in PyTorch",
    ({ name, tensors, logits }) => {
      const model = makers[name]!(goldenTensors(tensors as [string, number[]][]))
      const images = tf.tensor4d(Float32Array.from(hashedUniform(9999, 2 * 32 * 32 * 3)), [2, 32, 32, 3])
      const largest = Math.max(...logits.flat().map(Math.abs))
      expectAllClose(model.predict(images), logits, { absolute: 1e-5 * largest, relative: 0 })
      model.dispose()
    },
  )
})
