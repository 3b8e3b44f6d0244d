import { describeMethodConformance, expectAllClose, methodBatch, startMethod } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { uncertaintyWeighting, type UncertaintyWeightingOptions } from './uncertainty-weighting.js'
import golden from './uncertainty-weighting.golden.json' with { type: 'json' }

/** A golden case says how many teachers it has; a run counts its own. */
const make = ({ teachers: _, ...options }: UncertaintyWeightingOptions & { teachers?: number } = {}) =>
  uncertaintyWeighting(options)

describeMethodConformance(make, { golden })

const { batch: numbers } = golden.cases[1]!

describe('uncertaintyWeighting', () => {
  it('gives the golden gradient in the variances', () => {
    for (const { options, batch, varianceGradient } of golden.cases) {
      const step = methodBatch(batch)
      const { running, loss } = startMethod(make(options), step)
      const { grads } = tf.variableGrads(() => loss(step), Object.values(running.variables!))
      expectAllClose(Object.values(grads)[0]!, varianceGradient)
    }
  })

  it('hears a term the less, the larger it is', () => {
    const step = methodBatch(numbers)
    const { running, loss, parts } = startMethod(uncertaintyWeighting(), step)
    const variable = running.variables!['logVariances']!
    for (let update = 0; update < 300; update++) {
      const { grads } = tf.variableGrads(() => loss(step), [variable])
      variable.assign(tf.sub(variable, tf.mul(0.2, grads[variable.name]!)))
    }
    // Where the gradient is zero exp(-s) * mean loss = 1/2, so that every term adds one half.
    const after = parts(step)
    for (const part of ['label', 'teacher0', 'teacher1'])
      expectAllClose(tf.mean(after[part]!), 0.5, { absolute: 1e-3 })
  })

  it('begins with a variance for the label and each teacher of the run', () => {
    const { running } = startMethod(uncertaintyWeighting(), methodBatch(numbers))
    expectAllClose(running.variables!['logVariances']!, [0, 0, 0])
    expect(uncertaintyWeighting().needs.teachers).toBe('all')
    expect(uncertaintyWeighting({ logVariances: [1, 2, 3] }).needs.teachers).toBe(2)
  })

  it('refuses options out of range', () => {
    expect(() => uncertaintyWeighting({ temperature: -1 })).toThrow('temperature')
    expect(() => uncertaintyWeighting({ logVariances: [0] })).toThrow(
      'uncertaintyWeighting: logVariances must have at least 2 entries, got [0]',
    )
    expect(() => startMethod(uncertaintyWeighting({ logVariances: [0, 1] }), methodBatch(numbers))).toThrow(
      'uncertaintyWeighting: logVariances must be 3 numbers for the label and each teacher, got [0, 1]',
    )
  })
})
