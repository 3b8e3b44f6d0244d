import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './relational-knowledge.golden.json' with { type: 'json' }
import { relationalKnowledge } from './relational-knowledge.js'

describeFeatureConformance({
  golden,
  method: (weights: object, [studentFeature], [teacherFeature]) =>
    relationalKnowledge({ ...weights, studentFeature: studentFeature!, teacherFeature: teacherFeature! }),
})

describe('relationalKnowledge', () => {
  it('computes no angles where they have no weight', () => {
    expect(() => relationalKnowledge({ angleWeight: -1 })).toThrow(
      'relationalKnowledge: angleWeight must be >= 0, got -1',
    )
  })
})
