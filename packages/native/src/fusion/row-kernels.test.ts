import * as losses from '@kd/losses'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { loadAddon } from '../addon.js'
import { loadNative, needsAddon, onBackend } from '../testing/load-native.js'
import { rowKernels } from './row-kernel-table.js'

const native = await loadNative()

// What they compute is compared in ../kernels.test.ts.
describe('row kernels', needsAddon(native !== undefined), () => {
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

  it('are the same in the table of the addon and in that of this side', () => {
    const exported = Object.keys(loadAddon()).filter((name) => name.startsWith('Kd'))
    expect(exported.sort()).toEqual(Object.keys(rowKernels).sort())
  })

  it('refuse inputs of another shape than their table says', () => {
    const [logits, softLabels] = [tf.zeros([2, 3]), tf.zeros([2, 2])]
    const run = (): unknown =>
      tf.engine().runKernel('KdSoftCrossEntropy', { logits, softLabels }, { temperature: 1 })
    expect(run).toThrow(/KdSoftCrossEntropy: softLabels .*2,2.*2,3/)
  })

  it('refuse arrays and numbers that do not fit the table of the addon', () => {
    const { KdLabelMargin: run } = loadAddon()
    const [logits, labels] = [new Float32Array(4), new Int32Array(2)]
    const margins = new Float32Array(2)
    expect(() => run!(logits, labels, margins, Float64Array.of(2, 2, 0))).toThrow(
      'must have 1 attributes, got 0',
    )
    expect(() => run!(logits, labels, margins, Float64Array.of(3, 2, 1, 4))).toThrow(
      'must have 6 items, got 4',
    )
    expect(() => run!(logits, labels, logits.subarray(3), Float64Array.of(2, 2, 1, 4))).toThrow(
      'must have 2 items, got 1',
    )
    expect(() => run!(logits, Int32Array.of(0, -1), margins, Float64Array.of(2, 2, 1, 4))).toThrow(
      'KdLabelMargin: labels must be in [0, 1], got -1 in row 1',
    )
  })
})
