import '@tensorflow/tfjs-backend-wasm'
import { crossEntropy, registerWasmTrainingKernels } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  cifarResnet,
  mlp,
  mobilenetV2,
  shufflenetV1,
  shufflenetV2,
  smallCnn,
  vgg,
  wideResnet,
  type ImageShape,
} from '../index.js'
import { hashedUniform } from '../testing/golden-tensors.js'

const classes = 4
const seed = 4
// The deep networks shrink 8×8 to one pixel early; normalised over a handful of numbers, their loss is too curved to measure.
const shallow: ImageShape = [8, 8, 3]
const deep: ImageShape = [32, 32, 3]

const families: Readonly<Record<string, () => LayersModel>> = {
  mlp: () => mlp({ inputShape: shallow, hiddenUnits: [16, 8], classes, seed }),
  smallCnn: () => smallCnn({ inputShape: shallow, widths: [4, 6], classes, seed }),
  'cifarResnet with padding': () => cifarResnet({ depth: 14, inputShape: shallow, classes, seed }),
  'cifarResnet with projections': () =>
    cifarResnet({ depth: 8, shortcut: 'projection', inputShape: shallow, classes, seed }),
  wideResnet: () => wideResnet({ depth: 16, widthFactor: 1, inputShape: shallow, classes, seed }),
  vgg: () => vgg({ depth: 8, inputShape: deep, classes, seed }),
  mobilenetV2: () => mobilenetV2({ inputShape: deep, classes, seed }),
  shufflenetV1: () => shufflenetV1({ inputShape: deep, classes, seed }),
  shufflenetV2: () => shufflenetV2({ size: 0.5, inputShape: deep, classes, seed }),
}

describe('the gradient', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm')
    registerWasmTrainingKernels()
  })
  afterAll(() => tf.setBackend('cpu'))

  it.each(Object.entries(families))('of %s says how fast the loss falls along it', (_, make) => {
    const model = make()
    const [, height, width] = model.inputs[0]!.shape as number[]
    tf.tidy(() => {
      const images = tf.tensor4d(Float32Array.from(hashedUniform(1, 8 * height! * width! * 3)), [
        8,
        height!,
        width!,
        3,
      ])
      const labels = tf.tensor1d([0, 1, 2, 3, 0, 1, 2, 3], 'int32')
      const loss = (): tf.Scalar =>
        tf.mean(crossEntropy(model.apply(images, { training: true }) as tf.Tensor2D, labels))
      const { value, grads } = tf.variableGrads(loss)
      const squares = Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)).dataSync()[0]!)
      const length = Math.sqrt(squares.reduce((left, right) => left + right))
      const step = 2e-4 / length
      const variables = tf.engine().registeredVariables
      for (const [name, gradient] of Object.entries(grads))
        variables[name]!.assign(tf.sub(variables[name]!, tf.mul(gradient, step)))
      const fall = value.dataSync()[0]! - loss().dataSync()[0]!
      expect(fall / (step * length ** 2)).toBeGreaterThan(0.9)
      expect(fall / (step * length ** 2)).toBeLessThan(1.1)
    })
    model.dispose()
  })
})
