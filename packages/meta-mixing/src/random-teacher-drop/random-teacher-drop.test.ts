import { randomSource, type DistillationMethod } from '@kd/core'
import { expectAllClose, methodBatch } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { adaptiveMixing } from '../adaptive-mixing/adaptive-mixing.js'
import { fixedMixing } from '../fixed-mixing/fixed-mixing.js'
import { randomTeacherDrop } from './random-teacher-drop.js'

const random = randomSource(1)
const table = () => Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => random.normal()))
const batch = methodBatch({
  studentLogits: table(),
  teacherLogits: [table(), table()],
  labels: [0, 1, 2],
})
const mix = fixedMixing({ teacherWeights: [0.4, 0.6] })

/** Whether each teacher is heard in each of many batches. */
function heard(method: DistillationMethod, batches = 400): boolean[][] {
  return Array.from({ length: batches }, (_, epoch) => {
    const { parts } = method.loss({ ...batch, epoch })
    return ['teacher0', 'teacher1'].map((part) => tf.sum(parts[part]!).dataSync()[0]! > 0)
  })
}

describe('randomTeacherDrop', () => {
  it('leaves each teacher out of about the given part of batches, on its own', () => {
    const batches = heard(randomTeacherDrop(mix, { rate: 0.25 }))
    const part = (of: (heard: boolean[]) => boolean): number => batches.filter(of).length / batches.length
    expect(part(([first]) => !first)).toBeCloseTo(0.25, 1)
    expect(part(([, second]) => !second)).toBeCloseTo(0.25, 1)
    expect(part(([first, second]) => !first && !second)).toBeCloseTo(0.0625, 1)
  })

  it('keeps the label and what is not dropped, and takes the mean of that', () => {
    const method = randomTeacherDrop(mix)
    const whole = mix.loss(batch)
    const epoch = heard(method).findIndex(([first, second]) => first && !second)
    const { parts, total } = method.loss({ ...batch, epoch })
    expectAllClose(parts['label']!, whole.parts['label']!)
    expectAllClose(parts['teacher0']!, whole.parts['teacher0']!)
    expectAllClose(parts['teacher1']!, [0, 0, 0])
    expectAllClose(total, tf.mean(tf.add(whole.parts['label']!, whole.parts['teacher0']!)))
  })

  it('depends on seed, epoch and ids alone', () => {
    expect(heard(randomTeacherDrop(mix, { seed: 3 }))).toEqual(heard(randomTeacherDrop(mix, { seed: 3 })))
    expect(heard(randomTeacherDrop(mix, { seed: 4 }))).not.toEqual(heard(randomTeacherDrop(mix, { seed: 3 })))
    const dropped = [0, 1, 2, 3, 4, 5, 6, 7].map((offset) => {
      const { parts } = randomTeacherDrop(mix, { rate: 0.5 }).loss({
        ...batch,
        ids: batch.ids.map((id) => id + offset),
      })
      return tf.sum(parts['teacher0']!).dataSync()[0] === 0
    })
    expect(new Set(dropped).size).toBe(2)
  })

  it('passes on what the method needs, keeps and does', () => {
    const inner = adaptiveMixing({ teachers: 2 })
    const method = randomTeacherDrop(inner)
    expect(method.requires).toEqual(inner.requires)
    method.loadState!({ weights: tf.ones([3, 3]), dataHash: tf.tensor1d([1, 2], 'int32') })
    expectAllClose(method.saveState!()['weights']!, tf.ones([3, 3]))
    expect(method.beforeEpoch).toBeDefined()
    expect(Object.keys(randomTeacherDrop(mix)).sort()).toEqual(['loss', 'name', 'requires'])
  })

  it('refuses a rate out of range', () => {
    expect(() => randomTeacherDrop(mix, { rate: 1 })).toThrow(
      'randomTeacherDrop: rate must be in [0, 1), got 1',
    )
  })
})
