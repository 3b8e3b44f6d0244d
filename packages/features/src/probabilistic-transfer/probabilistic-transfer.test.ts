import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './probabilistic-transfer.golden.json' with { type: 'json' }
import { probabilisticTransfer } from './probabilistic-transfer.js'

describeFeatureConformance({
  golden,
  method: (_: object, [studentFeature], [teacherFeature]) =>
    probabilisticTransfer({
      studentFeature: studentFeature!,
      teacherFeature: teacherFeature!,
      featureWeight: 1,
    }),
})

describe('probabilisticTransfer', () => {
  it('reads the second teacher where that is asked for', () => {
    const { needs } = probabilisticTransfer({ teacher: 1, teacherFeature: 'wide' })
    expect(needs).toMatchObject({ teachers: 2, teacherFeatures: [[], ['wide']] })
  })
})
