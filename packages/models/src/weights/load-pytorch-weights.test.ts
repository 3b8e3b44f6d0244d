import { ShapeError } from '@kd/core'
import { expectAllClose } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { cifarResnet } from '../families/cifar-resnet.js'
import { mlp } from '../families/mlp.js'
import { mobilenetV2 } from '../families/mobilenet-v2.js'
import { readSafetensors } from '../safetensors/read-safetensors.js'
import type { SafetensorsTensor } from '../safetensors/safetensors-tensor.js'
import { loadPytorchWeights } from './load-pytorch-weights.js'
import { pytorchResnetTensors } from './pytorch-resnet.js'

// That layouts are PyTorch's is tested for every family by families/reference-logits.test.ts.
const options = { depth: 8, widths: [2, 2, 4, 6], inputShape: [4, 4, 3], classes: 3 } as const
const images = tf.randomUniform([2, 4, 4, 3], -1, 1, 'float32', 1)
type Tensors = ReadonlyMap<string, SafetensorsTensor>

const renamed = (tensors: Tensors, rename: (name: string) => string): Tensors =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]))

describe('loadPytorchWeights', () => {
  it.each<[string, 'akamaster' | 'repdistiller', (name: string) => string]>([
    ['DataParallel', 'repdistiller', (name) => `module.${name}`],
    ['torch.compile within Lightning', 'akamaster', (name) => `model._orig_mod.${name}`],
    ['torchvision', 'repdistiller', (name) => name],
    ['timm', 'repdistiller', (name) => name.replace(/^fc\./, 'head.fc.')],
    ['fc beside shortcut', 'akamaster', (name) => name.replace(/^linear\./, 'fc.')],
  ])('takes the names of %s', async (_, names, rename) => {
    const source = cifarResnet({ ...options, shortcut: 'projection', seed: 1 })
    const tensors = new Map(renamed(await pytorchResnetTensors(source, names), rename))
    tensors.set(rename('bn1.num_batches_tracked'), { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) })
    const copy = cifarResnet({ ...options, shortcut: 'projection', seed: 2 })
    loadPytorchWeights(copy, tensors)
    expectAllClose(copy.predict(images), source.predict(images), { absolute: 0, relative: 0 })
  })

  it('names what is not matched on both sides, and then changes nothing', async () => {
    const model = cifarResnet({ ...options, seed: 1 })
    const before = model.predict(images) as tf.Tensor
    const tensors = new Map(await pytorchResnetTensors(cifarResnet({ ...options, seed: 2 })))
    const kernel = tensors.get('conv1.weight')!
    tensors.delete('layer1.0.bn1.bias')
    tensors.set('layer4.0.conv1.weight', kernel)
    tensors.set('conv1.weight', { dtype: 'F32', shape: [64, 3, 7, 7], data: new Float32Array(64 * 147) })
    const load = (): void => loadPytorchWeights(model, tensors)
    expect(load).toThrow(ShapeError)
    expect(load).toThrow(
      'missing layer1.0.bn1.bias; unknown layer4.0.conv1.weight; wrong conv1.weight F32 [64, 3, 7, 7] instead of float [2, 3, 3, 3]',
    )
    expectAllClose(model.predict(images), before, { absolute: 0, relative: 0 })
  })

  it("says that torchvision's MobileNetV2 is another", () => {
    const tensors = new Map<string, SafetensorsTensor>([
      ['features.0.0.weight', { dtype: 'F32', shape: [32, 3, 3, 3], data: new Float32Array(864) }],
      ['classifier.1.bias', { dtype: 'F32', shape: [10], data: new Float32Array(10) }],
    ])
    const load = (): void => loadPytorchWeights(mobilenetV2({ classes: 10 }), tensors)
    expect(load).toThrow(/missing conv1\.0\.weight.*unknown features\.0\.0\.weight/)
  })

  it('refuses models of other kinds', () => {
    const model = mlp({ inputShape: [4], hiddenUnits: [2], classes: 2 })
    expect(() => loadPytorchWeights(model, new Map())).toThrow("or shufflenet, got the layer 'features'")
  })
})

describe('readSafetensors', () => {
  it('says of a pickle how to save safetensors or ONNX', () => {
    const pickle = new Uint8Array([0x80, 2, 0x7d, ...new Array<number>(20).fill(0x2e)])
    expect(() => readSafetensors(pickle)).toThrow(
      /got a pickle of PyTorch or Python\n.*never run[^]*save_file[^]*torch\.onnx\.export/,
    )
  })

  it('takes a file whose header has 640 bytes, which begins as a pickle', () => {
    const header = '{}'.padEnd(640)
    const bytes = new Uint8Array(648)
    new DataView(bytes.buffer).setBigUint64(0, 640n, true)
    bytes.set(new TextEncoder().encode(header), 8)
    expect(bytes[0]).toBe(0x80)
    expect(readSafetensors(bytes).size).toBe(0)
  })
})
