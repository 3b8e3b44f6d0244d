import type { DistillationMethod } from '@kd/core'
import { describeMethodConformance, expectAllClose, methodBatch } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { curriculumTemperature, type CurriculumTemperatureOptions } from './curriculum-temperature.js'
import golden from './curriculum-temperature.golden.json' with { type: 'json' }

interface GoldenOptions extends CurriculumTemperatureOptions {
  readonly score?: number
}

function loaded({ score, ...options }: GoldenOptions = {}): DistillationMethod {
  const method = curriculumTemperature(options)
  if (score !== undefined) method.loadState!({ temperatureScore: tf.scalar(score) })
  return method
}

describeMethodConformance(loaded, { golden })

const scoreGradient = (method: DistillationMethod, epoch: number): number => {
  const batch = { ...methodBatch(golden.cases[1]!.batch), epoch }
  const { grads } = tf.variableGrads(() => method.loss(batch).total, [...method.variables!])
  return Object.values(grads)[0]!.dataSync()[0]!
}

describe('curriculumTemperature', () => {
  it('gives the golden gradient in the temperature, reversed', () => {
    for (const { options, batch, scoreGradient: expected } of golden.cases) {
      const method = loaded(options)
      const { grads } = tf.variableGrads(() => method.loss(methodBatch(batch)).total, [...method.variables!])
      expectAllClose(Object.values(grads)[0]!, expected)
    }
  })

  it('makes the task harder: descending the given gradient raises the loss', () => {
    const method = curriculumTemperature({ curriculumEpochs: 1 })
    const [score] = method.variables as [tf.Variable]
    const batch = methodBatch(golden.cases[1]!.batch)
    const teacherLoss = (): number => tf.mean(method.loss(batch).parts['teacher']!).dataSync()[0]!
    const before = teacherLoss()
    for (let step = 0; step < 20; step++) {
      const { grads } = tf.variableGrads(() => method.loss(batch).total, [score])
      score.assign(tf.sub(score, tf.mul(0.1, Object.values(grads)[0]!)))
    }
    expect(teacherLoss()).toBeGreaterThan(before)
  })

  it('learns by more from epoch to epoch, up to the whole', () => {
    const method = curriculumTemperature({ curriculumEpochs: 4 })
    const whole = scoreGradient(method, 100)
    const shares = [0, 1, 2, 3, 4].map((epoch) => scoreGradient(method, epoch) / whole)
    const expected = [0.25, 0.5, 0.75, 1, 1].map((part) => (1 - Math.cos(Math.PI * part)) / 2)
    expectAllClose(shares, expected, { absolute: 1e-5 })
  })

  it('goes on from a saved state', () => {
    const saved = loaded({ score: -1.5 }).saveState!()
    const method = curriculumTemperature()
    method.loadState!(saved)
    expectAllClose(method.saveState!()['temperatureScore']!, -1.5)
    expect(() => method.loadState!({})).toThrow(
      'curriculumTemperature: state must have a scalar temperatureScore, got none',
    )
    expect(() => method.loadState!({ temperatureScore: tf.ones([2]) })).toThrow('got [2]')
  })

  it('refuses options out of range', () => {
    expect(() => curriculumTemperature({ minTemperature: 0 })).toThrow('minTemperature')
    expect(() => curriculumTemperature({ temperatureRange: -1 })).toThrow('temperatureRange')
    expect(() => curriculumTemperature({ softLossWeight: -1 })).toThrow('softLossWeight')
    expect(() => curriculumTemperature({ curriculumEpochs: 0.5 })).toThrow(
      'curriculumTemperature: curriculumEpochs must be a whole number >= 1, got 0.5',
    )
  })
})
