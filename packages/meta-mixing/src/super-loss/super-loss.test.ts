import { labelLoss, type ExampleLosses, type Method, type Step } from '@kd/core'
import { describeMethodConformance, expectAllClose, methodBatch, startMethod } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { adaptiveMixing } from '../adaptive-mixing/adaptive-mixing.js'
import { fixedMixing } from '../fixed-mixing/fixed-mixing.js'
import { superLoss, type SuperLossOptions } from './super-loss.js'
import golden from './super-loss.golden.json' with { type: 'json' }

const partsOf = (method: Method, step: Step): ExampleLosses => startMethod(method, step).parts(step)
const lossOf = (method: Method, step: Step): tf.Scalar => startMethod(method, step).loss(step)
const make = (options?: SuperLossOptions): Method => superLoss(fixedMixing(), options)

describeMethodConformance(make, {
  golden,
  holdConstant(batch) {
    const inner = fixedMixing()
    const confidence = tf.div(partsOf(make(), batch)['label']!, partsOf(inner, batch)['label']!)
    return (studentLogits) => {
      const parts = partsOf(inner, { ...batch, studentLogits })
      return tf.mean(tf.mul(confidence, tf.addN(Object.values(parts))))
    }
  },
})

/** Two classes: losses of log(1 + e^-d) for logits d apart. */
const batch = methodBatch({ studentLogits: [[8, 0], [0, 0], [0, 8]], teacherLogits: [], labels: [0, 0, 0] }) // prettier-ignore

describe('superLoss', () => {
  it('hears easy examples more than hard ones, and one at the threshold as it is', () => {
    const inner = partsOf(labelLoss(), batch)['label']!
    const confidence = Array.from(tf.div(partsOf(superLoss(labelLoss()), batch)['label']!, inner).dataSync())
    expect(confidence[0]).toBeGreaterThan(1.3)
    expect(confidence[1]).toBeCloseTo(1, 5)
    expect(confidence[2]).toBeLessThan(0.4)
  })

  it('is the least value that a confidence of at most e gives, where there is one', () => {
    const total = lossOf(superLoss(labelLoss()), batch)
    const losses = [Math.log1p(Math.exp(-8)), Math.log(2), Math.log1p(Math.exp(8))]
    const least = losses.map((loss) => {
      const at = (s: number): number => (loss - Math.log(2)) * s + Math.log(s) ** 2
      return Math.min(...Array.from({ length: 27_182 }, (_, step) => at((step + 1) * 1e-4)))
    })
    expectAllClose(total, least.reduce((sum, value) => sum + value) / 3, { absolute: 1e-5 })
  })

  it('approaches the method itself, less the threshold, where regularization is strong', () => {
    const total = lossOf(superLoss(labelLoss(), { regularization: 1e5, threshold: 0.5 }), batch)
    expectAllClose(total, tf.sub(lossOf(labelLoss(), batch), 0.5), { absolute: 1e-3 })
  })

  it('passes on what the method needs, keeps and does', async () => {
    const inner = adaptiveMixing()
    const step = methodBatch({ studentLogits: [[1, 0]], teacherLogits: [[[1, 2]]], labels: [0] })
    expect(superLoss(inner).needs).toEqual({ ...inner.needs, exampleOutputs: true })
    const { running } = startMethod(superLoss(inner), step)
    expectAllClose(running.save!()['weights']!, [[0.1, 0.9]])
    const without = await running.examples!(step.ids)
    expect(Object.keys(without)).toEqual(['labelWeight', 'teacher0Weight'])
  })

  it('gives the confidence of single examples where student and teachers are run for it', async () => {
    const { running, parts } = startMethod(superLoss(labelLoss()), batch)
    expect(await running.examples!(batch.ids)).toEqual({})
    const { confidence } = await running.examples!(batch.ids, batch)
    const expected = tf.div(parts(batch)['label']!, partsOf(labelLoss(), batch)['label']!)
    expectAllClose(Array.from(confidence!), expected)
  })

  it('is for any task of the method where the threshold is given', () => {
    expect(superLoss(labelLoss()).needs.tasks).toEqual(['classification'])
    expect(superLoss(labelLoss(), { threshold: 1 }).needs.tasks).toBe('any')
  })

  it('refuses options out of range', () => {
    expect(() => superLoss(labelLoss(), { regularization: 0 })).toThrow('superLoss: regularization')
    expect(() => superLoss(labelLoss(), { threshold: NaN })).toThrow(
      'superLoss: threshold must be a number, got NaN',
    )
  })
})
