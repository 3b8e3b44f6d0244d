import { KdError } from '@kd/core'
import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { cifarResnet } from '../families/cifar-resnet.js'
import { mlp } from '../families/mlp.js'
import { wideResnet } from '../families/wide-resnet.js'
import { readSafetensors } from '../safetensors/read-safetensors.js'
import type { SafetensorsTensor } from '../safetensors/safetensors-tensor.js'
import { writeSafetensors } from '../safetensors/write-safetensors.js'
import { hashedUniform } from '../testing/golden-tensors.js'
import { loadPytorchResnet, pytorchResnetTensors } from './pytorch-resnet.js'

// That the names and layouts are PyTorch's is tested by families/reference-logits.test.ts.
const small = { depth: 8, widths: [2, 2, 4, 6], inputShape: [4, 4, 3], classes: 3 } as const
const images = tf.tensor4d(Float32Array.from(hashedUniform(1, 2 * 4 * 4 * 3)), [2, 4, 4, 3])
const counter: SafetensorsTensor = { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) }

describe.each([
  ['akamaster', 'padding', 'linear.weight', 'layer2.0.conv1.weight'],
  ['repdistiller', 'projection', 'fc.weight', 'layer2.0.downsample.0.weight'],
] as const)('weights by the names of %s', (names, shortcut, classifier, convolution) => {
  it('go to a file and back into another model', async () => {
    const model = cifarResnet({ ...small, shortcut, seed: 1 })
    const tensors = readSafetensors(writeSafetensors(await pytorchResnetTensors(model, names)))
    expect(tensors.get(classifier)!.shape).toEqual([3, 6])
    expect(tensors.get(convolution)!.shape.slice(0, 2)).toEqual([4, 2])
    tensors.set('bn1.num_batches_tracked', counter)
    const copy = cifarResnet({ ...small, shortcut, seed: 2 })
    loadPytorchResnet(copy, tensors)
    const exact = { absolute: 0, relative: 0 }
    expectAllClose(copy.predict(images), model.predict(images), exact)
  })
})

describe('loadPytorchResnet', () => {
  it('lists every name that does not fit, and then changes nothing', async () => {
    const model = cifarResnet({ ...small, seed: 1 })
    const before = model.predict(images) as tf.Tensor
    const tensors = await pytorchResnetTensors(cifarResnet({ ...small, seed: 2 }))
    tensors.delete('layer1.0.bn1.bias')
    tensors.delete('conv1.weight')
    tensors.set('layer4.0.conv1.weight', tensors.get('linear.bias')!)
    tensors.set('layer4.0.bn1.num_batches_tracked', counter)
    tensors.set('linear.weight', { dtype: 'F32', shape: [6, 3], data: new Float32Array(18) })
    tensors.set('linear.bias', { dtype: 'I32', shape: [3], data: new Int32Array(3) })
    const load = (): void => loadPytorchResnet(model, tensors)
    expect(load).toThrow(
      "loadPytorchResnet: tensors must have the model's names and shapes, " +
        'got missing conv1.weight, layer1.0.bn1.bias; ' +
        'unknown layer4.0.conv1.weight, layer4.0.bn1.num_batches_tracked; ' +
        'wrong linear.weight F32 [6, 3] instead of float [3, 6], linear.bias I32 [3] instead of float [3]\n',
    )
    expectAllClose(model.predict(images), before, { absolute: 0, relative: 0 })
  })

  it('keeps the message short for a file of another network', async () => {
    const tensors = await pytorchResnetTensors(cifarResnet({ ...small, depth: 14 }))
    expect(() => loadPytorchResnet(cifarResnet(small), tensors)).toThrow(/unknown (\S+, ){19}\S+ and 10 more/)
  })

  it('refuses models of other families', () => {
    const models = [
      mlp({ inputShape: [4], hiddenUnits: [2], classes: 2 }),
      wideResnet({ depth: 10, widthFactor: 1, inputShape: [4, 4, 3], classes: 2 }),
    ]
    for (const model of models) {
      expect(() => loadPytorchResnet(model, new Map())).toThrow(KdError)
      expect(() => loadPytorchResnet(model, new Map())).toThrow(
        'model must be made by cifarResnet, got the layer',
      )
    }
  })

  it('leaves no tensor behind', async () => {
    const model = cifarResnet(small)
    await expectNoLeak(async () => loadPytorchResnet(model, await pytorchResnetTensors(model)))
  })
})
