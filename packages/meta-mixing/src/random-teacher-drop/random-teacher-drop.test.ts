import { randomSource, type Method } from '@kd/core'
import { expectAllClose, methodBatch, startMethod } from '@kd/testing'
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
function heard(method: Method, { batches = 400, seed = 0 } = {}): boolean[][] {
  const { parts } = startMethod(method, batch, { random: randomSource(seed) })
  return Array.from({ length: batches }, (_, epoch) => {
    const losses = parts({ ...batch, epoch })
    return ['teacher0', 'teacher1'].map((part) => tf.sum(losses[part]!).dataSync()[0]! > 0)
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
    const whole = startMethod(mix, batch).parts(batch)
    const epoch = heard(method).findIndex(([first, second]) => first && !second)
    const { parts, loss } = startMethod(method, batch, { random: randomSource(0) })
    const dropped = parts({ ...batch, epoch })
    expectAllClose(dropped['label']!, whole['label']!)
    expectAllClose(dropped['teacher0']!, whole['teacher0']!)
    expectAllClose(dropped['teacher1']!, [0, 0, 0])
    expectAllClose(loss({ ...batch, epoch }), tf.mean(tf.add(whole['label']!, whole['teacher0']!)))
  })

  it("depends on the run's seed, epoch and ids alone", () => {
    const method = randomTeacherDrop(mix)
    expect(heard(method, { seed: 3 })).toEqual(heard(method, { seed: 3 }))
    expect(heard(method, { seed: 4 })).not.toEqual(heard(method, { seed: 3 }))
    const { parts } = startMethod(randomTeacherDrop(mix, { rate: 0.5 }), batch)
    const dropped = [0, 1, 2, 3, 4, 5, 6, 7].map((offset) => {
      const losses = parts({ ...batch, ids: batch.ids.map((id) => id + offset) })
      return tf.sum(losses['teacher0']!).dataSync()[0] === 0
    })
    expect(new Set(dropped).size).toBe(2)
  })

  it('passes on what the method needs, keeps and does', async () => {
    const inner = adaptiveMixing()
    const method = randomTeacherDrop(inner)
    expect(method.needs).toEqual(inner.needs)
    const { running } = startMethod(method, batch)
    expectAllClose(running.save!()['weights']!, [[0.1, 0.9, 0.9], [0.1, 0.9, 0.9], [0.1, 0.9, 0.9]]) // prettier-ignore
    expect(running.beforeEpoch).toBeDefined()
    expect(Object.keys(await running.examples!(batch.ids))).toHaveLength(3)
    expect(Object.keys(startMethod(randomTeacherDrop(mix), batch).running)).toEqual(['phases'])
  })

  it('refuses a rate out of range', () => {
    expect(() => randomTeacherDrop(mix, { rate: 1 })).toThrow('randomTeacherDrop: rate must be < 1, got 1')
  })
})
