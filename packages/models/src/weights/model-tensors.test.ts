import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { mlp } from '../families/mlp.js'
import { smallCnn } from '../families/small-cnn.js'
import { readSafetensors } from '../safetensors/read-safetensors.js'
import { writeSafetensors } from '../safetensors/write-safetensors.js'
import { hashedUniform } from '../testing/golden-tensors.js'
import { loadModelTensors, modelTensors } from './model-tensors.js'

const options = { inputShape: [4, 4, 1], widths: [2, 3], classes: 3 } as const
const images = tf.tensor4d(Float32Array.from(hashedUniform(1, 2 * 4 * 4)), [2, 4, 4, 1])
const exact = { absolute: 0, relative: 0 }

describe('modelTensors and loadModelTensors', () => {
  it('carry every weight, running statistics too, through a file', async () => {
    const model = smallCnn({ ...options, seed: 1 })
    tf.dispose(model.apply(images, { training: true }) as tf.Tensor) // moves the running statistics
    const tensors = readSafetensors(writeSafetensors(await modelTensors(model)))
    expect(tensors.get('stage2_conv/kernel')!.shape).toEqual([3, 3, 2, 3])
    expect(tensors.get('stage2_bn/moving_mean')!.data).not.toEqual(new Float32Array(3))
    const copy = smallCnn({ ...options, seed: 2 })
    loadModelTensors(copy, tensors)
    expectAllClose(copy.predict(images), model.predict(images), exact)
  })

  it('use the same names for a second model of the same layers', async () => {
    const names = async (): Promise<string[]> => [
      ...(await modelTensors(mlp({ inputShape: [2], hiddenUnits: [2], classes: 2 }))).keys(),
    ]
    const wanted = ['features/kernel', 'features/bias', 'logits/kernel', 'logits/bias']
    expect(await names()).toEqual(wanted)
    expect(await names()).toEqual(wanted)
  })

  it('take models of other origin', async () => {
    const make = (): ReturnType<typeof sequential> =>
      sequential({ layers: [layers.embedding({ inputDim: 3, outputDim: 2, inputLength: 1, name: 'words' })] })
    const tensors = await modelTensors(make())
    expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([['words/embeddings', [3, 2]]])
    loadModelTensors(make(), tensors)
  })

  it('convert wider and narrower floats', async () => {
    const model = mlp({ inputShape: [1], hiddenUnits: [], classes: 2 })
    const tensors = await modelTensors(model)
    tensors.set('logits/bias', { dtype: 'F64', shape: [2], data: Float64Array.of(0.1, -2) })
    loadModelTensors(model, tensors)
    expectAllClose(model.getLayer('logits').getWeights()[1]!, tf.tensor1d([0.1, -2]), exact)
  })

  it('list every name that does not fit', async () => {
    const model = mlp({ inputShape: [1], hiddenUnits: [], classes: 2 })
    const tensors = await modelTensors(model)
    tensors.delete('logits/bias')
    tensors.set('bias', tensors.get('logits/kernel')!)
    tensors.set('logits/kernel', { dtype: 'F32', shape: [2], data: new Float32Array(2) })
    expect(() => loadModelTensors(model, tensors)).toThrow(
      "loadModelTensors: tensors must have the model's names and shapes, got missing logits/bias; unknown bias; " +
        'wrong logits/kernel F32 [2] instead of float [1, 2]\n',
    )
  })

  it('leave no tensor behind', async () => {
    const model = smallCnn(options)
    await expectNoLeak(async () => loadModelTensors(model, await modelTensors(model)))
  })
})
