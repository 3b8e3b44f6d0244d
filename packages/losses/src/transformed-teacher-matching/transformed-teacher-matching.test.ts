import * as tf from '@tensorflow/tfjs-core'
import { klDivergence, softmaxWithTemperature, type Method } from '@kd/core'
import { describeMethodConformance, expectAllClose, lossesOf, methodBatch } from '@kd/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from './transformed-teacher-matching.golden.json' with { type: 'json' }
import {
  transformedTeacherMatching,
  type TransformedTeacherMatchingOptions,
} from './transformed-teacher-matching.js'

const weightedMatching = (options?: Omit<TransformedTeacherMatchingOptions, 'weighted'>): Method =>
  transformedTeacherMatching({ ...options, weighted: true })

const ofWeighted = (weighted: boolean): typeof golden => ({
  ...golden,
  cases: golden.cases.filter(({ options }) => (options.weighted ?? false) === weighted),
})
describeMethodConformance(transformedTeacherMatching, { golden: ofWeighted(false) })
describeMethodConformance(weightedMatching, { golden: ofWeighted(true) })

describe('transformedTeacherMatching', () => {
  const byHand = {
    studentLogits: [[0, 0]],
    teacherLogits: [[[0.64, 0.36].map(Math.log)]],
    labels: [0],
  }
  const logits = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 4, maxLength: 4 })

  it('softens the teacher alone', () => {
    // Temperature 2 takes square roots: [0.8, 0.6] / 1.4 = [4/7, 3/7] against [1/2, 1/2]:
    // 4/7 log (8/7) + 3/7 log (6/7) = 0.0763036 - 0.0660645 = 0.0102391
    const options = { temperature: 2, softLossWeight: 3, hardLossWeight: 0.5 }
    const { parts } = lossesOf(transformedTeacherMatching(options), methodBatch(byHand))
    expectAllClose(parts['label']!, [0.5 * Math.LN2])
    expectAllClose(parts['teacher']!, [3 * 0.0102391])
    // Weighted by the sum of the roots, 1.4.
    const weighted = lossesOf(weightedMatching(options), methodBatch(byHand)).parts
    expectAllClose(weighted['teacher']!, [3 * 1.4 * 0.0102391])
    expectAllClose(weighted['label']!, parts['label']!)
  })

  it('is vanilla divergence less Renyi entropy of the student (equation 15)', () => {
    fc.assert(
      fc.property(logits, logits, fc.constantFrom(1.5, 2, 4), (teacher, student, temperature) => {
        const [teacherLogits, studentLogits] = [tf.tensor2d([teacher]), tf.tensor2d([student])]
        const transformed = softmaxWithTemperature(teacherLogits, temperature)
        const shannon = tf.neg(tf.sum(tf.mul(transformed, tf.log(transformed)), 1))
        const order = 1 / temperature
        const renyi = tf.div(
          tf.log(tf.sum(tf.pow(softmaxWithTemperature(studentLogits), order), 1)),
          1 - order,
        )
        const expected = tf.add(
          tf.mul(temperature, klDivergence(teacherLogits, studentLogits, temperature)),
          tf.mul(temperature - 1, tf.sub(shannon, renyi)),
        )
        const batch = methodBatch({ studentLogits: [student], teacherLogits: [[teacher]], labels: [0] })
        const method = transformedTeacherMatching({ temperature, softLossWeight: 1, hardLossWeight: 0 })
        expectAllClose(lossesOf(method, batch).parts['teacher']!, expected, { absolute: 2e-5 })
      }),
      { seed: 1 },
    )
  })

  it('weighs a sure teacher by 1 and an unsure one by up to C^(1 - 1 / temperature)', () => {
    const weightOf = (teacher: number[], temperature: number): number => {
      const batch = methodBatch({ studentLogits: [[3, 0, 0, 0]], teacherLogits: [[teacher]], labels: [0] })
      const options = { temperature, softLossWeight: 1, hardLossWeight: 0 }
      const [plain, weighted] = [transformedTeacherMatching(options), weightedMatching(options)].map(
        (method) => lossesOf(method, batch).total.dataSync()[0]!,
      )
      return weighted! / plain!
    }
    expectAllClose(weightOf([1e4, 0, 0, -1e4], 4), 1)
    expectAllClose(weightOf([0, 0, 0, 0], 4), 4 ** 0.75)
    fc.assert(
      fc.property(logits, fc.constantFrom(1, 2, 10), (teacher, temperature) => {
        fc.pre(Math.max(...teacher) - teacher[0]! > 0.5)
        expect(weightOf(teacher, temperature)).toBeGreaterThan(1 - 1e-4)
        expect(weightOf(teacher, temperature)).toBeLessThan(4 ** (1 - 1 / temperature) + 1e-3)
      }),
      { seed: 1 },
    )
  })

  it('has a weight of its own for each form', () => {
    const step = methodBatch(byHand)
    const [plain, weighted] = [transformedTeacherMatching(), weightedMatching()].map(
      (method) => lossesOf(method, step).parts['teacher']!,
    )
    const weights = { softLossWeight: 1 }
    expectAllClose(plain!, tf.mul(45, lossesOf(transformedTeacherMatching(weights), step).parts['teacher']!))
    expectAllClose(weighted!, tf.mul(2.25, lossesOf(weightedMatching(weights), step).parts['teacher']!))
    expect(transformedTeacherMatching({ weighted: false }).name).toBe(weightedMatching().name)
  })

  it('refuses options out of range', () => {
    expect(() => transformedTeacherMatching({ temperature: 0 })).toThrow(
      'transformedTeacherMatching: temperature must be > 0, got 0',
    )
    expect(() => transformedTeacherMatching({ softLossWeight: -1 })).toThrow('softLossWeight must be >= 0')
    expect(() => transformedTeacherMatching({ hardLossWeight: -1 })).toThrow('hardLossWeight must be >= 0')
  })
})
