import { expectAllClose } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'
import { lambertW } from './lambert-w.js'

describe('lambertW', () => {
  it('inverts w e^w from the branch point to large numbers', () => {
    const w = [-1, -0.999, -0.99, -0.9, -0.8, -0.7, -0.5, -0.1, -0.01, 0, 0.01, 0.5, 1, 2, 5, 10, 14]
    const above = w.map((value) => value * Math.exp(value) + 1 / Math.E)
    expectAllClose(lambertW(tf.tensor1d(above)), w, { absolute: 2e-6, relative: 1e-5 })
  })
})
