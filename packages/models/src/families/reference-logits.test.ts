import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { expectAllClose } from '@kd/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { cifarResnet, mobilenetV2, resnet8x4, shufflenetV1, shufflenetV2, vgg, wideResnet } from '../index.js'
import { goldenTensors, hashedUniform } from '../testing/golden-tensors.js'
import { loadPytorchWeights } from '../weights/load-pytorch-weights.js'
import golden from './reference-logits.golden.json' with { type: 'json' }

const classes = 10

const makers: Readonly<Record<string, () => LayersModel>> = {
  'resnet8, padding': () => cifarResnet({ depth: 8, classes }),
  'resnet14, projection': () =>
    cifarResnet({ depth: 14, widths: [4, 8, 12, 16], shortcut: 'projection', classes }),
  resnet8x4: () => resnet8x4({ classes }),
  wrn_16_1: () => wideResnet({ depth: 16, widthFactor: 1, classes }),
  wrn_16_2: () => wideResnet({ depth: 16, widthFactor: 2, classes }),
  vgg8: () => vgg({ depth: 8, classes }),
  vgg13: () => vgg({ depth: 13, classes }),
  MobileNetV2: () => mobilenetV2({ classes }),
  ShuffleV1: () => shufflenetV1({ classes }),
  ShuffleV2: () => shufflenetV2({ classes }),
}

describe('the logits', () => {
  beforeAll(() => tf.setBackend('wasm'))
  afterAll(() => tf.setBackend('cpu'))

  it.each(golden.cases)(
    "of $name are those of the authors' definition in PyTorch",
    ({ name, tensors, logits }) => {
      const model = makers[name]!()
      loadPytorchWeights(model, goldenTensors(tensors as [string, number[]][]))
      const images = tf.tensor4d(Float32Array.from(hashedUniform(9999, 2 * 32 * 32 * 3)), [2, 32, 32, 3])
      const largest = Math.max(...logits.flat().map(Math.abs))
      expectAllClose(model.predict(images), logits, { absolute: 1e-5 * largest, relative: 0 })
      model.dispose()
    },
  )
})
