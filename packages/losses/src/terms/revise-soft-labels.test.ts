import { expectAllClose, expectNoLeak, gradientOf } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reviseSoftLabels } from './revise-soft-labels.js'

const label = (index: number): tf.Tensor1D => tf.tensor1d([index], 'int32')
const probabilities = fc
  .array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 2, maxLength: 6 })
  .map((logits) => Array.from(tf.softmax(tf.tensor1d(logits)).dataSync()))
const eta = fc.double({ min: 0.01, max: 0.99, noNaN: true })

describe('reviseSoftLabels', () => {
  it('gives the revised label worked out by hand', () => {
    // p = softmax([2, 1, 0, -1]) = [0.643914, 0.236883, 0.087144, 0.032059], beta = 0.8 / (0.643914 - 0.236883 + 1) =
    // 0.568573: beta p + (1 - beta) [0, 1, 0, 0].
    expectAllClose(reviseSoftLabels(tf.softmax(tf.tensor2d([[2, 1, 0, -1]])), label(1), { eta: 0.8 }), [
      [0.366112, 0.566112, 0.049548, 0.018228],
    ])
  })

  it('makes the label win for every eta below 1, keeps the sum and the ratios of the others', () => {
    fc.assert(
      fc.property(probabilities, fc.nat(), eta, (softLabels, seed, eta) => {
        const index = seed % softLabels.length
        const revised = reviseSoftLabels(tf.tensor2d([softLabels]), label(index), { eta, scope: 'all' })
        const values = Array.from(revised.dataSync())
        expect(values.indexOf(Math.max(...values))).toBe(index)
        expectAllClose(tf.sum(revised), 1, { absolute: 2e-6 })
        const others = (row: readonly number[]): number[] => row.filter((_, at) => at !== index)
        const shares = (row: readonly number[]): number[] =>
          row.map((value) => value / row.reduce((sum, other) => sum + other, 0))
        expectAllClose(shares(others(values)), shares(others(softLabels)), { absolute: 1e-5 })
      }),
      { seed: 1 },
    )
  })

  it('leaves a right teacher as it is, or takes eta of it with scope all', () => {
    const right = tf.tensor2d([[0.7, 0.2, 0.1]])
    expectAllClose(reviseSoftLabels(right, label(0)), right)
    expectAllClose(reviseSoftLabels(right, label(0), { eta: 0.5, scope: 'all' }), [[0.85, 0.1, 0.05]])
  })

  it('takes the first of two equal classes as the choice of the teacher', () => {
    const tie = tf.tensor2d([[0.5, 0.5]])
    expectAllClose(reviseSoftLabels(tie, label(0)), tie)
    expectAllClose(reviseSoftLabels(tie, label(1)), [[0.4, 0.6]])
  })

  it('lets no gradient through and leaves nothing behind', async () => {
    const softLabels = tf.tensor2d([[0.7, 0.3]])
    const product = (p: tf.Tensor2D): tf.Tensor => tf.sum(tf.mul(reviseSoftLabels(p, label(0)), p))
    expectAllClose(gradientOf(product, softLabels), softLabels)
    const index = label(1)
    await expectNoLeak(() => reviseSoftLabels(softLabels, index))
  })

  it('names what is wrong', () => {
    const softLabels = tf.tensor2d([[0.7, 0.3]])
    expect(() => reviseSoftLabels(softLabels, label(0), { eta: 1 })).toThrow(
      'reviseSoftLabels: eta must be < 1, got 1',
    )
    expect(() => reviseSoftLabels(softLabels, label(0), { scope: 'none' as 'all' })).toThrow(
      'reviseSoftLabels: scope must be wrong-only or all, got none',
    )
    expect(() => reviseSoftLabels(softLabels, label(2))).toThrow('labels must be in [0, 1], got 2 in row 0')
    expect(() => reviseSoftLabels(softLabels, tf.tensor1d([0, 1], 'int32'))).toThrow(
      'reviseSoftLabels: labels must have shape [1]',
    )
  })
})
