import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { expectSame, snapshot } from '../testing/expect-same.js'
import { loadNative, needsAddon, onBackend } from '../testing/load-native.js'

const native = await loadNative()

const wave = (shape: number[], phase: number): tf.Tensor =>
  tf.reshape(tf.sin(tf.range(phase, phase + tf.util.sizeFromShape(shape))), shape)

describe('matrix products on native', needsAddon(native !== undefined), () => {
  // The cpu engine gives numbers of the wrong batch here, or too few of them, so the reference is made of whole batches.
  it.each([
    [
      [3, 1],
      [1, 3],
      [3, 3],
    ],
    [
      [2, 1],
      [2, 3],
      [2, 3],
    ],
    [[4, 2, 1], [3], [4, 2, 3]],
    [[5], [2, 1], [2, 5]],
  ])('broadcast batches %j and %j along some of their axes', (left, right, outer) => {
    for (const transposeB of [false, true]) {
      const a = wave([...left, 2, 4], 0)
      const b = wave([...right, ...(transposeB ? [3, 4] : [4, 3])], 7)
      const whole = (x: tf.Tensor): tf.Tensor => tf.broadcastTo(x, [...outer, ...x.shape.slice(-2)])
      const wanted = onBackend('cpu', () => snapshot(tf.matMul(whole(a), whole(b), false, transposeB)))
      const buckets = tf.memory().numDataBuffers
      const product = tf.matMul(a, b, false, transposeB)
      expectSame(snapshot(product), wanted, 1e-5, 1e-6)
      product.dispose()
      expect(tf.memory().numDataBuffers).toBe(buckets)
    }
  })
})
