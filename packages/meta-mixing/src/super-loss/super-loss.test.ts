import { labelLoss, meanLoss, type DistillationMethod } from '@kd/core'
import { describeMethodConformance, expectAllClose, methodBatch } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { adaptiveMixing } from '../adaptive-mixing/adaptive-mixing.js'
import { fixedMixing } from '../fixed-mixing/fixed-mixing.js'
import { superLoss, type SuperLossOptions } from './super-loss.js'
import golden from './super-loss.golden.json' with { type: 'json' }

const make = (options?: SuperLossOptions): DistillationMethod => superLoss(fixedMixing(), options)

describeMethodConformance(make, {
  golden,
  holdConstant(batch) {
    const inner = fixedMixing()
    const confidence = tf.div(make().loss(batch).parts['label']!, inner.loss(batch).parts['label']!)
    return (studentLogits) => {
      const { parts } = inner.loss({ ...batch, studentLogits })
      return tf.mean(tf.mul(confidence, tf.addN(Object.values(parts))))
    }
  },
})

/** Two classes: losses of log(1 + e^-d) for logits d apart. */
const batch = methodBatch({ studentLogits: [[8, 0], [0, 0], [0, 8]], teacherLogits: [], labels: [0, 0, 0] }) // prettier-ignore

describe('superLoss', () => {
  it('hears easy examples more than hard ones, and one at the threshold as it is', () => {
    const inner = labelLoss().loss(batch).parts['label']!
    const confidence = Array.from(
      tf.div(superLoss(labelLoss()).loss(batch).parts['label']!, inner).dataSync(),
    )
    expect(confidence[0]).toBeGreaterThan(1.3)
    expect(confidence[1]).toBeCloseTo(1, 5)
    expect(confidence[2]).toBeLessThan(0.4)
  })

  it('is the least value that a confidence of at most e gives, where there is one', () => {
    const { total } = superLoss(labelLoss()).loss(batch)
    const losses = [Math.log1p(Math.exp(-8)), Math.log(2), Math.log1p(Math.exp(8))]
    const least = losses.map((loss) => {
      const at = (s: number): number => (loss - Math.log(2)) * s + Math.log(s) ** 2
      return Math.min(...Array.from({ length: 27_182 }, (_, step) => at((step + 1) * 1e-4)))
    })
    expectAllClose(total, least.reduce((sum, value) => sum + value) / 3, { absolute: 1e-5 })
  })

  it('approaches the method itself, less the threshold, where regularization is strong', () => {
    const { total } = superLoss(labelLoss(), { regularization: 1e5, threshold: 0.5 }).loss(batch)
    expectAllClose(total, tf.sub(labelLoss().loss(batch).total, 0.5), { absolute: 1e-3 })
  })

  it('passes on what the method needs, keeps and does', () => {
    const inner = adaptiveMixing({ teachers: 2 })
    const method = superLoss(inner)
    expect(method.requires).toEqual(inner.requires)
    method.loadState!({ weights: tf.ones([3, 3]), dataHash: tf.tensor1d([1, 2], 'int32') })
    expectAllClose(method.saveState!()['weights']!, tf.ones([3, 3]))
    const plain: DistillationMethod = {
      name: 'plain',
      loss: ({ studentLogits }) => meanLoss({ zero: tf.zeros([studentLogits.shape[0]]) }),
    }
    expect(Object.keys(superLoss(plain)).sort()).toEqual(['loss', 'name'])
  })

  it('refuses options out of range', () => {
    expect(() => superLoss(labelLoss(), { regularization: 0 })).toThrow('superLoss: regularization')
    expect(() => superLoss(labelLoss(), { threshold: NaN })).toThrow(
      'superLoss: threshold must be finite, got NaN',
    )
  })
})
