import { selectEngine } from '@kd/core'
import { input, layers, model, sequential } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, it } from 'vitest'
import { countMultiplyAdds } from './count-multiply-adds.js'
import { cifarResnet } from './families/cifar-resnet.js'
import { mobilenetV2 } from './families/mobilenet-v2.js'

beforeAll(async () => {
  await selectEngine('cpu')
})

describe('countMultiplyAdds', () => {
  it.each([
    [20, 40.55],
    [56, 125.49],
  ])('counts CIFAR ResNet-%i as published tables do: %f million', (depth, millions) => {
    const count = countMultiplyAdds(cifarResnet({ depth, inputShape: [32, 32, 3], classes: 10 }))!
    expect(count / 1e6).toBeCloseTo(millions, 1)
  })

  it('counts each kind of convolution by hand', () => {
    const made = sequential({
      layers: [
        layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
        layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' }),
        layers.separableConv2d({ filters: 5, kernelSize: 3, padding: 'same' }),
        layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2 }),
        layers.batchNormalization(),
        layers.flatten(),
        layers.dense({ units: 7 }),
      ],
    })
    const places = 4 * 4
    const byHand = places * (9 * 3 * 4 + 9 * 4 + 9 * 4 + 4 * 5 + 4 * 5 * 2) + 8 * 8 * 2 * 7
    expect(countMultiplyAdds(made)).toBe(byHand)
  })

  it('counts a layer as often as it is used, and the layers of a model in a model', () => {
    const inner = sequential({ layers: [layers.dense({ inputShape: [6], units: 6, useBias: false })] })
    const start = input({ shape: [6] })
    const shared = layers.dense({ units: 6 })
    const used = shared.apply(shared.apply(start)) as typeof start
    expect(countMultiplyAdds(model({ inputs: start, outputs: inner.apply(used) as typeof start }))).toBe(
      3 * 36,
    )
    expect(countMultiplyAdds(mobilenetV2({ inputShape: [32, 32, 3], classes: 10 }))).toBeGreaterThan(1e6)
  })

  it('does not count what it does not know', () => {
    const recurrent = sequential({
      layers: [layers.lstm({ inputShape: [4, 3], units: 2, recurrentInitializer: 'glorotNormal' })],
    })
    expect(countMultiplyAdds(recurrent)).toBeUndefined()
    const any = sequential({
      layers: [layers.conv2d({ inputShape: [null, null, 1], filters: 2, kernelSize: 1 })],
    })
    expect(countMultiplyAdds(any)).toBeUndefined()
  })
})
