import { randomSource } from '@kd/core'
import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { heldOutNoise } from './held-out-noise.js'

const random = randomSource(3)
const table = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()))
const heldOut = (features: number[][], logits: number[][], labels: number[]) => ({
  features: tf.tensor2d(features),
  logits: tf.tensor2d(logits),
  labels: tf.tensor1d(labels, 'int32'),
})

describe('heldOutNoise', () => {
  it("is the variance of the mean of the examples' gradients over its squared length", async () => {
    const [features, logits] = [table(12, 3), table(12, 4)]
    const labels = features.map((_, row) => (row % 4 === 0 ? 1 : 0))
    // Each example's gradient of kernel and bias, written out.
    const gradients = features.map((own, row) => {
      const exponentials = logits[row]!.map(Math.exp)
      const sum = exponentials.reduce((total, value) => total + value, 0)
      const residuals = exponentials.map((value, label) => value / sum - (labels[row] === label ? 1 : 0))
      return residuals.flatMap((residual) => [residual, ...own.map((feature) => residual * feature)])
    })
    let [variance, squared] = [0, 0]
    for (let entry = 0; entry < gradients[0]!.length; entry++) {
      const values = gradients.map((gradient) => gradient[entry]!)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      squared += mean ** 2
      variance += values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
    }
    const expected = Math.min(1, variance / gradients.length / squared)
    expect(expected).toBeLessThan(1)
    expectAllClose(await heldOutNoise(heldOut(features, logits, labels)), expected, { absolute: 1e-5 })
  })

  it('is 0 for examples that all say the same, and 1 for one or for opposites', async () => {
    const [one, other] = [[1, 2], [0.5, 0.5]] // prettier-ignore
    expect(await heldOutNoise(heldOut([one, one, one], [other, other, other], [0, 0, 0]))).toBeCloseTo(0, 5)
    expect(await heldOutNoise(heldOut([one], [other], [0]))).toBe(1)
    expect(await heldOutNoise(heldOut([one, one], [other, other], [0, 1]))).toBe(1)
  })

  it('leaves no tensor alive', async () => {
    const examples = heldOut([[1], [2]], table(2, 3), [0, 1])
    await expectNoLeak(() => heldOutNoise(examples))
  })
})
