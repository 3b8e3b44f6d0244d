import type { RunStart } from '@kd/core'
import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './hierarchical-context.golden.json' with { type: 'json' }
import { hierarchicalContext } from './hierarchical-context.js'

describeFeatureConformance({
  golden,
  method: (_: object, studentFeatures, teacherFeatures) =>
    hierarchicalContext({ studentFeatures, teacherFeatures, featureWeight: 1 }),
})

describe('hierarchicalContext', () => {
  it('refuses features of other shapes when a run begins', () => {
    const run = {
      student: { logits: [3], features: { a: [4, 4, 3] } },
      teachers: [{ logits: [3], features: { b: [2, 2, 3] } }],
    } as unknown as RunStart
    expect(() => hierarchicalContext({ studentFeatures: ['a'], teacherFeatures: ['b'] }).start(run)).toThrow(
      'hierarchicalContext: a of the student and b of the teacher must be maps [height, width, channels] of one shape, got [4, 4, 3] and [2, 2, 3]',
    )
  })
})
