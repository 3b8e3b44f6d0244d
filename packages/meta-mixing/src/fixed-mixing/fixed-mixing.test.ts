import { labelLoss } from '@kd/core'
import { describeMethodConformance, expectAllClose, methodBatch, startMethod } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { curriculumTemperature } from '../curriculum-temperature/curriculum-temperature.js'
import golden from './fixed-mixing.golden.json' with { type: 'json' }
import { fixedMixing } from './fixed-mixing.js'

describeMethodConformance(fixedMixing, { golden })

describe('fixedMixing', () => {
  it('weighs each teacher by its own weight', () => {
    const logits = [[0.5, 1.5, 0.2, -0.3]]
    const teacher = [[2, 1, 0, -1]]
    const batch = methodBatch({ studentLogits: logits, teacherLogits: [teacher, logits], labels: [1] })
    const method = fixedMixing({ labelWeight: 2, teacherWeights: [0.5, 3], temperature: 2 })
    const parts = startMethod(method, batch).parts(batch)
    // CE = 0.590954 and KL at temperature 2 = 0.112924, from the reference; the second teacher is the student itself.
    expectAllClose(parts['label']!, [2 * 0.590954])
    expectAllClose(parts['teacher0']!, [0.5 * 4 * 0.112924], { absolute: 2e-6 })
    expectAllClose(parts['teacher1']!, [0])
  })

  it('shares 0.9 out among all teachers where no weights are given', () => {
    const logits = [[0.5, 1.5, 0.2, -0.3]]
    const teacher = [[2, 1, 0, -1]]
    const batch = methodBatch({ studentLogits: logits, teacherLogits: [teacher, teacher], labels: [1] })
    const shared = startMethod(fixedMixing(), batch).parts(batch)
    const given = startMethod(fixedMixing({ teacherWeights: [0.45, 0.45] }), batch).parts(batch)
    for (const part of ['label', 'teacher0', 'teacher1']) expectAllClose(shared[part]!, given[part]!)
    expect(fixedMixing().needs.teachers).toBe('all')
  })

  it('weighs given methods, whose state stays theirs', () => {
    const logits = [[0.5, 1.5, 0.2, -0.3]]
    const batch = methodBatch({ studentLogits: logits, teacherLogits: [[[2, 1, 0, -1]]], labels: [1] })
    const inner = curriculumTemperature()
    const method = fixedMixing({ labelWeight: 0.5, terms: [inner, labelLoss()], termWeights: [2, 3] })
    expect(method.needs.teachers).toBe(1)
    const { running, parts } = startMethod(method, batch)
    expect(Object.keys(running.variables!)).toEqual(['terms/0/temperatureScore'])
    const label = startMethod(labelLoss(), batch).loss(batch)
    const losses = parts(batch)
    expectAllClose(losses['label']!, [0.5 * label.dataSync()[0]!])
    expectAllClose(losses['labelLoss']!, [3 * label.dataSync()[0]!])
    expectAllClose(losses['curriculumTemperature']!, [
      2 * startMethod(inner, batch).loss(batch).dataSync()[0]!,
    ])
    expect(() => fixedMixing({ terms: [inner], teacherWeights: [1] })).toThrow(
      'fixedMixing: teacherWeights must not be given with terms, got both',
    )
    expect(() => fixedMixing({ terms: [inner], termWeights: [1, 2] })).toThrow(
      'fixedMixing: termWeights must be 1, one for each of terms, got 2',
    )
  })

  it('refuses options out of range, and another number of teachers', () => {
    expect(() => fixedMixing({ teacherWeights: [] })).toThrow(
      'fixedMixing: teacherWeights must have at least 1 entries, got []',
    )
    expect(() => fixedMixing({ teacherWeights: [1, -1] })).toThrow(
      'fixedMixing: teacherWeights[1] must be >= 0, got -1',
    )
    expect(() => fixedMixing({ labelWeight: Number.NaN })).toThrow('labelWeight')
    expect(() => fixedMixing({ temperature: 0 })).toThrow('temperature')
    const batch = methodBatch({ studentLogits: [[1, 2]], teacherLogits: [[[1, 2]]], labels: [1] })
    expect(() => startMethod(fixedMixing({ teacherWeights: [1, 1] }), batch).parts(batch)).toThrow(
      'fixedMixing: teachers must be 2, one for each of teacherWeights, got 1',
    )
  })
})
