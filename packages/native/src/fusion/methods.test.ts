import * as losses from '@kd/losses'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { loadNative, needsAddon, onBackend } from '../testing/load-native.js'

const native = await loadNative()

// What they compute is compared in ../kernels.test.ts.
describe('methods on native', needsAddon(native !== undefined), () => {
  it.each(['reviseSoftLabels', 'reviseTeacherLogits', 'swapLogits'] as const)(
    'refuse labels out of range as the other engines do: %s',
    (name) => {
      const scores = tf.tensor2d([[0.1, 0.9]])
      const labels = tf.tensor1d([2], 'int32')
      const message = `${name}: labels must be in [0, 1], got 2 in row 0`
      expect(() => losses[name](scores, labels)).toThrow(message)
      expect(() => onBackend('cpu', () => losses[name](scores, labels))).toThrow(message)
    },
  )
})
