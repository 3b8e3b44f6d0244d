import { describeMethodConformance, expectAllClose, gradientOf, lossesOf, methodBatch } from '@kd/testing'
import type * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { vanillaKd } from '../vanilla-kd/vanilla-kd.js'
import goldenFile from './teacher-free.golden.json' with { type: 'json' }
import { teacherFree, type TeacherFreeOptions } from './teacher-free.js'

type Golden = Parameters<typeof describeMethodConformance<TeacherFreeOptions>>[1]['golden']
const golden = goldenFile as Golden
const isSelf = ({ name }: { name: string }): boolean => name.startsWith('self')

describeMethodConformance<TeacherFreeOptions>(teacherFree, {
  golden: { ...golden, cases: golden.cases.filter((goldenCase) => !isSelf(goldenCase)) },
  teachers: 0,
})

describe('teacherFree', () => {
  it('fits a virtual teacher that is all but uniform at temperature 20', () => {
    // u = [0.99, 0.005, 0.005]: softmax(u / 20) = [e^0.0495, e^0.00025, e^0.00025] / sum = [0.344310, 0.327845, 0.327845].
    // Against the uniform student of KL = log 3 - entropy.
    const teacher = [0.34431, 0.327845, 0.327845]
    const divergence = Math.log(3) + teacher.reduce((sum, p) => sum + p * Math.log(p), 0)
    const batch = methodBatch({ studentLogits: [[0, 0, 0]], teacherLogits: [], labels: [0] })
    const { parts, total } = lossesOf(teacherFree(), batch)
    expectAllClose(parts['teacher']!, [0.1 * divergence])
    expectAllClose(parts['label']!, [0.9 * Math.log(3)])
    expectAllClose(total, 0.1 * divergence + 0.9 * Math.log(3))
  })

  it('is zero for a student equal to the virtual teacher', () => {
    const batch = methodBatch({
      studentLogits: [[0.1 / 3, 0.9, 0.1 / 3, 0.1 / 3].map((p) => p / 2)],
      teacherLogits: [],
      labels: [1],
    })
    const method = teacherFree({
      labelProbability: 0.9,
      temperature: 2,
      hardLossWeight: 0,
      softLossWeight: 1,
    })
    expectAllClose(lossesOf(method, batch).total, 0)
  })

  it('stays finite where a small temperature makes the virtual teacher one-hot', () => {
    const batch = methodBatch({ studentLogits: [[0, 0]], teacherLogits: [], labels: [0] })
    const method = teacherFree({ temperature: 1e-4, softLossWeight: 1, hardLossWeight: 0 })
    expectAllClose(lossesOf(method, batch).total, Math.log(2))
  })

  it.each(golden.cases.filter(isSelf))(
    "has vanilla KD as its other form, as the authors' code: $name",
    ({ options, batch, loss, gradient }) => {
      const total = (logits: tf.Tensor2D): tf.Scalar =>
        lossesOf(vanillaKd(options), methodBatch(batch, logits)).total
      const { studentLogits } = methodBatch(batch)
      expectAllClose(total(studentLogits), loss)
      expectAllClose(gradientOf(total, studentLogits), gradient)
    },
  )

  it('refuses options out of range', () => {
    expect(() => teacherFree({ labelProbability: 1 })).toThrow(
      'teacherFree: labelProbability must be < 1, got 1',
    )
    expect(() => teacherFree({ labelProbability: 0 })).toThrow('labelProbability must be > 0, got 0')
    expect(() => teacherFree({ temperature: 0 })).toThrow('temperature must be > 0')
    expect(() => teacherFree({ studentTemperature: -1 })).toThrow('studentTemperature')
    expect(() => teacherFree({ softLossWeight: -1 })).toThrow('softLossWeight')
    expect(() => teacherFree({ hardLossWeight: -1 })).toThrow('hardLossWeight')
  })
})
