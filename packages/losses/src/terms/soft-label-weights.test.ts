import { expectAllClose, expectNoLeak, gradientOf } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { softLabelWeights } from './soft-label-weights.js'

const row = (values: readonly number[]): tf.Tensor2D => tf.tensor2d([[...values]])
const label = (index: number): tf.Tensor1D => tf.tensor1d([index], 'int32')
const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 3, maxLength: 3 })

/** The cross-entropy in 64 bits. */
function crossEntropy(values: readonly number[], index: number): number {
  const rounded = values.map(Math.fround)
  const rest = rounded.filter((_, at) => at !== index).map((z) => Math.exp(z - rounded[index]!))
  return Math.log1p(rest.reduce((sum, value) => sum + value, 0))
}

describe('softLabelWeights', () => {
  it('gives the weight worked out by hand', () => {
    // CE of the student 0.590954, of the teacher 1.440190: 1 - exp(-0.410330) = 0.336569.
    expectAllClose(softLabelWeights(row([0.5, 1.5, 0.2, -0.3]), row([2, 1, 0, -1]), label(1)), [0.336569])
  })

  it('is 1 - 1/e where student and teacher agree', () => {
    const same = row([1, 2, 3])
    expectAllClose(softLabelWeights(same, same, label(0)), [1 - 1 / Math.E])
  })

  it('agrees with the definition and lies in [0, 1]', () => {
    fc.assert(
      fc.property(logits, logits, fc.nat({ max: 2 }), (student, teacher, index) => {
        const [found] = softLabelWeights(row(student), row(teacher), label(index)).dataSync()
        expect(found).toBeGreaterThanOrEqual(0)
        expect(found).toBeLessThanOrEqual(1)
        const teacherLoss = crossEntropy(teacher, index)
        // A loss below has float32's distance from 1 as its error, which the ratio magnifies.
        if (teacherLoss < 0.01) return
        const weight = 1 - Math.exp(-crossEntropy(student, index) / (teacherLoss + 1e-7))
        expectAllClose(found!, weight, { absolute: 2e-5 })
      }),
      { seed: 1 },
    )
  })

  it('grows with the loss of the student and falls with that of the teacher', () => {
    const at = (student: number, teacher: number): number =>
      softLabelWeights(row([student, 0]), row([teacher, 0]), label(0)).dataSync()[0]!
    expect(at(-1, 0)).toBeGreaterThan(at(1, 0))
    expect(at(0, 1)).toBeGreaterThan(at(0, -1))
  })

  it('is finite at the extremes: a teacher or a student without loss, or with an enormous one', () => {
    const sure = [1e4, -1e4]
    const wrong = [-1e4, 1e4]
    const at = (student: number[], teacher: number[]): tf.Tensor1D =>
      softLabelWeights(row(student), row(teacher), label(0))
    expectAllClose(at(wrong, sure), [1])
    expectAllClose(at(sure, wrong), [0])
    expectAllClose(at(sure, sure), [0])
    expectAllClose(at(wrong, wrong), [1 - 1 / Math.E])
    // Loss log 2 against 2e4: 1 - exp(-log 2 / 2e4), where 1 - exp would have lost half of the digits.
    expectAllClose(at([0, 0], wrong), [3.465675774e-5], { absolute: 0, relative: 1e-5 })
  })

  it('lets no gradient through and leaves nothing behind', async () => {
    const student = row([0.5, 1.5])
    const product = (z: tf.Tensor2D): tf.Tensor =>
      tf.sum(tf.mul(softLabelWeights(z, row([1, 0]), label(0)), tf.sum(z, 1)))
    const [constant] = softLabelWeights(student, row([1, 0]), label(0)).dataSync()
    expectAllClose(gradientOf(product, student), [[constant!, constant!]])
    const [teacher, index] = [row([1, 0]), label(0)]
    await expectNoLeak(() => softLabelWeights(student, teacher, index))
  })

  it('names what is wrong', () => {
    expect(() => softLabelWeights(row([1, 2]), row([1, 2, 3]), label(0))).toThrow(
      'softLabelWeights: teacherLogits and studentLogits must have the same shape, got [1, 3] and [1, 2]',
    )
    expect(() => softLabelWeights(row([1, 2]), row([1, 2]), label(2))).toThrow(
      'labels must be in [0, 1], got 2',
    )
    expect(() => softLabelWeights(row([1, 2]), row([1, 2]), label(0), { epsilon: -1 })).toThrow(
      'softLabelWeights: epsilon must be > 0, got -1',
    )
  })
})
