import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './similarity-preserving.golden.json' with { type: 'json' }
import { similarityPreserving } from './similarity-preserving.js'

describeFeatureConformance({
  golden,
  method: ({ order }: { order?: number }, [studentFeature], [teacherFeature]) =>
    similarityPreserving({
      studentFeature: studentFeature!,
      teacherFeature: teacherFeature!,
      featureWeight: 1,
      rowLength: order === 1 ? 'l1' : 'l2',
    }),
})

describe('similarityPreserving', () => {
  it('refuses a row length that is none', () => {
    expect(() => similarityPreserving({ rowLength: 'l3' as never })).toThrow(
      'similarityPreserving: rowLength must be l2 or l1, got l3',
    )
  })
})
