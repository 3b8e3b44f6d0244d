import type { RunStart } from '@kd/core'
import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './variational-information.golden.json' with { type: 'json' }
import { variationalInformation } from './variational-information.js'

describeFeatureConformance({
  golden,
  method: (_: object, studentFeatures, teacherFeatures) =>
    variationalInformation({ studentFeatures, teacherFeatures, featureWeight: 1 }),
})

describe('variationalInformation', () => {
  it('refuses what is no map, and lists of different lengths', () => {
    const run = {
      student: { logits: [3], features: { a: [4] } },
      teachers: [{ logits: [3], features: { b: [4, 4, 2] } }],
    } as unknown as RunStart
    expect(() =>
      variationalInformation({ studentFeatures: ['a'], teacherFeatures: ['b'] }).start(run),
    ).toThrow('must be maps [height, width, channels], got [4] and [4, 4, 2]')
    expect(() => variationalInformation({ studentFeatures: ['a'], teacherFeatures: ['b', 'c'] })).toThrow(
      'variationalInformation: teacherFeatures must name one feature for each of the 1 of studentFeatures, got 2',
    )
  })
})
