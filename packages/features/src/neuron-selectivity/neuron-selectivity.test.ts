import type { RunStart } from '@kd/core'
import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './neuron-selectivity.golden.json' with { type: 'json' }
import { neuronSelectivity } from './neuron-selectivity.js'

describeFeatureConformance({
  golden,
  method: (_: object, studentFeatures, teacherFeatures) =>
    neuronSelectivity({ studentFeatures, teacherFeatures, featureWeight: 1 }),
})

describe('neuronSelectivity', () => {
  it('refuses features of other shapes when a run begins', () => {
    const run = {
      student: { logits: [3], features: { a: [5] } },
      teachers: [{ logits: [3], features: { b: [4, 4, 2] } }],
    } as unknown as RunStart
    expect(() => neuronSelectivity({ studentFeatures: ['a'], teacherFeatures: ['b'] }).start(run)).toThrow(
      'neuronSelectivity: a of the student and b of the teacher must be maps [height, width, channels], got [5] and [4, 4, 2]',
    )
  })
})
