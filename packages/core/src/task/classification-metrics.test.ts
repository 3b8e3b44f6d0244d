import { describe, expect, it } from 'vitest'
import { classificationMetrics } from './classification-metrics.js'

describe('classificationMetrics', () => {
  it('matches a case worked by hand', () => {
    // Probabilities [3/4, 1/4] and [1/10, 9/10]; the first is right, the second wrong.
    const logits = Float32Array.from([Math.log(3), 0, 0, Math.log(9)])
    const metrics = classificationMetrics(logits, Int32Array.from([0, 0]))
    expect(metrics.top1).toBe(0.5)
    expect(metrics.loss).toBeCloseTo((-Math.log(0.75) - Math.log(0.1)) / 2, 6)
    // Bins of width 1/15: 0.75 and 0.9 fall apart, so the error is (|1 - 0.75| + |0 - 0.9|) / 2.
    expect(metrics.expectedCalibrationError).toBeCloseTo((0.25 + 0.9) / 2, 6)
    expect(metrics.top5).toBeUndefined()
  })

  it('averages accuracy and confidence inside a bin before it takes the distance', () => {
    const row = [Math.log(3), 0]
    const metrics = classificationMetrics(Float32Array.from([...row, ...row]), Int32Array.from([0, 1]))
    expect(metrics.expectedCalibrationError).toBeCloseTo(Math.abs(0.5 - 0.75), 6)
  })

  it('counts the label among the five largest logits', () => {
    const logits = Float32Array.from([6, 5, 4, 3, 2, 1, 0])
    expect(classificationMetrics(logits, Int32Array.from([4])).top5).toBe(1)
    expect(classificationMetrics(logits, Int32Array.from([5])).top5).toBe(0)
  })

  it('gives a tie to the lower class and never calls NaN right', () => {
    expect(classificationMetrics(Float32Array.from([1, 1]), Int32Array.from([0])).top1).toBe(1)
    expect(classificationMetrics(Float32Array.from([1, 1]), Int32Array.from([1])).top1).toBe(0)
    expect(classificationMetrics(Float32Array.from([NaN, NaN]), Int32Array.from([0])).top1).toBe(0)
  })

  it('stays finite for logits of 1e4', () => {
    expect(classificationMetrics(Float32Array.from([1e4, -1e4]), Int32Array.from([1])).loss).toBe(2e4)
  })

  it.each([NaN, Infinity, -Infinity])(
    'counts an example with a logit of %s as wrong and sure of itself, and leaves it out of the loss',
    (bad) => {
      const logits = Float32Array.from([Math.log(3), 0, bad, 0])
      const metrics = classificationMetrics(logits, Int32Array.from([0, 0]))
      expect(metrics).toMatchObject({ examples: 2, top1: 0.5, nonFinite: 1 })
      expect(metrics.loss).toBeCloseTo(-Math.log(0.75), 6)
      expect(metrics.expectedCalibrationError).toBeCloseTo((0.25 + 1) / 2, 6)
      const nothing = classificationMetrics(Float32Array.of(bad, 0), Int32Array.of(0))
      expect(nothing).toMatchObject({ top1: 0, balancedAccuracy: 0, macroF1: 0, expectedCalibrationError: 1 })
    },
  )

  it('says nothing of logits that are not finite where all are', () => {
    expect(classificationMetrics(Float32Array.of(1, 0), Int32Array.of(0))).not.toHaveProperty('nonFinite')
  })

  it('weighs classes alike in balanced accuracy and macro F1, as scikit-learn does', () => {
    // Labels 0 0 0 0 1 2, predictions 0 0 0 1 1 1; no example of class 3, which is never predicted either.
    const predictions = [0, 0, 0, 1, 1, 1]
    const logits = Float32Array.from(predictions.flatMap((at) => [0, 1, 2, 3].map((c) => Number(c === at))))
    const metrics = classificationMetrics(logits, Int32Array.from([0, 0, 0, 0, 1, 2]))
    expect(metrics.balancedAccuracy).toBeCloseTo((3 / 4 + 1 + 0) / 3, 12)
    expect(metrics.macroF1).toBeCloseTo((6 / 7 + 2 / 4 + 0) / 3, 12)
  })
})
