import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './flow-of-solution.golden.json' with { type: 'json' }
import { flowOfSolution } from './flow-of-solution.js'

describeFeatureConformance({
  // torchdistill's form, lengths of columns under a pool of maxima, is another loss, which is not here.
  golden: { ...golden, cases: golden.cases.filter(({ name }) => name !== 'as in torchdistill') },
  method: ({ variant }: { variant?: string }, studentFeatures, teacherFeatures) =>
    flowOfSolution({
      studentFeatures,
      teacherFeatures,
      featureWeight: 1,
      reduction: variant === 'paper' ? 'sum' : 'mean',
    }),
})

describe('flowOfSolution', () => {
  it('refuses a single feature', () => {
    expect(() => flowOfSolution({ studentFeatures: ['stage1'], teacherFeatures: ['stage1'] })).toThrow(
      'flowOfSolution: studentFeatures must name at least 2 features, got 1',
    )
  })
})
