import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './attention-transfer.golden.json' with { type: 'json' }
import { attentionTransfer } from './attention-transfer.js'

describeFeatureConformance({
  golden,
  method: ({ p, variant }: { p?: number; variant?: string }, studentFeatures, teacherFeatures) =>
    attentionTransfer({
      studentFeatures,
      teacherFeatures,
      featureWeight: 1,
      ...(p !== undefined && { power: p }),
      ...(variant === 'paper' && { distance: 'length' }),
    }),
})

describe('attentionTransfer', () => {
  it('refuses lists of different lengths and powers below 1', () => {
    expect(() => attentionTransfer({ teacherFeatures: ['stage1'] })).toThrow(
      'attentionTransfer: teacherFeatures must name one feature for each of the 3 of studentFeatures, got 1',
    )
    expect(() => attentionTransfer({ power: 0 })).toThrow('attentionTransfer: power must be >= 1, got 0')
  })
})
