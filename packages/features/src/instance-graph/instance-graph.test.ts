import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './instance-graph.golden.json' with { type: 'json' }
import { instanceGraph } from './instance-graph.js'

describeFeatureConformance({
  golden,
  method: (options: { transformWeight?: number }, studentFeatures, teacherFeatures) =>
    instanceGraph({ ...options, studentFeatures, teacherFeatures }),
})

describe('instanceGraph', () => {
  it('leaves out the vertices where the last features differ in shape', () => {
    expect(() => instanceGraph({ studentFeatures: [] })).toThrow('instanceGraph: studentFeatures')
  })
})
