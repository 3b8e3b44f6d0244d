import * as tf from '@tensorflow/tfjs-core'
import { expectAllClose, needs } from '@kd/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { crossEntropy } from '../example-loss/cross-entropy.js'
import { probeEngines } from './probe-engines.js'
import { selectEngine } from './select-engine.js'

// Where there is a GPU and both packages; `npm run test:webgpu` brings them, and a software device.
const webgpu = (await probeEngines()).find(({ name }) => name === 'webgpu')!

describe('webgpu', needs(webgpu.loads, 'WebGPU (npm run test:webgpu brings a software device)'), () => {
  afterAll(() => tf.setBackend('cpu'))

  test('gives the gradients of the cpu engine, also when it is chosen again', async () => {
    await tf.setBackend('cpu')
    const wanted = await gradients()
    for (let time = 0; time < 2; time++) {
      expect((await selectEngine('webgpu')).version).toMatch(/^4\./)
      const found = await gradients()
      wanted.forEach((gradient, index) => expectAllClose(found[index]!, gradient, { absolute: 1e-5 }))
    }
  })

  test('leaves no tensor behind', async () => {
    await selectEngine('webgpu')
    const { numTensors } = tf.memory()
    for (let step = 0; step < 50; step++) await gradients()
    expect(tf.memory().numTensors).toBe(numTensors)
  })
})

/** Of a convolution, pooling and a matrix product, for their weights. */
async function gradients(): Promise<number[][]> {
  const normal = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed)
  const found = tf.tidy(() => {
    const x = normal([4, 8, 8, 2], 1) as tf.Tensor4D
    const labels = tf.tensor1d([0, 1, 2, 1], 'int32')
    const loss = (filter: tf.Tensor, matrix: tf.Tensor): tf.Scalar => {
      const pooled = tf.maxPool(tf.relu(tf.conv2d(x, filter as tf.Tensor4D, 1, 'same')), 2, 2, 'valid')
      const logits = tf.matMul<tf.Tensor2D>(tf.reshape(pooled, [4, 48]), matrix)
      return tf.mean(crossEntropy(logits, labels))
    }
    return tf.grads(loss)([normal([3, 3, 2, 3], 2), normal([48, 3], 3)])
  })
  const values = await Promise.all(found.map((gradient) => gradient.data()))
  tf.dispose(found)
  return values.map((array) => Array.from(array))
}
