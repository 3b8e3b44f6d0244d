import type { Method } from '@kd/core'
import { describeMethodConformance, expectAllClose, methodBatch, startMethod } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { curriculumTemperature, type CurriculumTemperatureOptions } from './curriculum-temperature.js'
import golden from './curriculum-temperature.golden.json' with { type: 'json' }

interface GoldenOptions extends CurriculumTemperatureOptions {
  readonly score?: number
}

/** The method with another score to begin with, as after some training. */
function loaded({ score, ...options }: GoldenOptions = {}): Method {
  const method = curriculumTemperature(options)
  return {
    ...method,
    start(run) {
      const running = method.start(run)
      if (score !== undefined) running.variables!['temperatureScore']!.assign(tf.scalar(score))
      return running
    },
  }
}

describeMethodConformance(loaded, { golden })

const scoreGradient = (method: Method, epoch: number): number => {
  const step = { ...methodBatch(golden.cases[1]!.batch), epoch }
  const { running, loss } = startMethod(method, step)
  const { grads } = tf.variableGrads(() => loss(step), Object.values(running.variables!))
  return Object.values(grads)[0]!.dataSync()[0]!
}

describe('curriculumTemperature', () => {
  it('gives the golden gradient in the temperature, reversed', () => {
    for (const { options, batch, scoreGradient: expected } of golden.cases) {
      const step = methodBatch(batch)
      const { running, loss } = startMethod(loaded(options), step)
      const { grads } = tf.variableGrads(() => loss(step), Object.values(running.variables!))
      expectAllClose(Object.values(grads)[0]!, expected)
    }
  })

  it('makes the task harder: descending the given gradient raises the loss', () => {
    const step = methodBatch(golden.cases[1]!.batch)
    const { running, loss, parts } = startMethod(curriculumTemperature({ curriculumEpochs: 1 }), step)
    const score = running.variables!['temperatureScore']!
    const teacherLoss = (): number => tf.mean(parts(step)['teacher']!).dataSync()[0]!
    const before = teacherLoss()
    for (let update = 0; update < 20; update++) {
      const { grads } = tf.variableGrads(() => loss(step), [score])
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

  it('refuses options out of range', () => {
    expect(() => curriculumTemperature({ minTemperature: 0 })).toThrow('minTemperature')
    expect(() => curriculumTemperature({ temperatureRange: -1 })).toThrow('temperatureRange')
    expect(() => curriculumTemperature({ softLossWeight: -1 })).toThrow('softLossWeight')
    expect(() => curriculumTemperature({ curriculumEpochs: 0.5 })).toThrow(
      'curriculumTemperature: curriculumEpochs must be a whole number, got 0.5',
    )
  })
})
