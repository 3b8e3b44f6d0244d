import type { RunStart } from '@kd/core'
import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import golden from './channel-correlation.golden.json' with { type: 'json' }
import { channelCorrelation } from './channel-correlation.js'

describeFeatureConformance({
  golden,
  method: ({ scale }: { scale?: string }, [studentFeature], [teacherFeature]) =>
    channelCorrelation({
      studentFeature: studentFeature!,
      teacherFeature: teacherFeature!,
      featureWeight: 1,
      ...(scale !== undefined && { scale: scale as 'batch-squared' }),
    }),
})

describe('channelCorrelation', () => {
  it('refuses features of other shapes when a run begins', () => {
    const run = {
      student: { logits: [3], features: { a: [4, 4, 3] } },
      teachers: [{ logits: [3], features: { b: [4, 4, 2] } }],
    } as unknown as RunStart
    expect(() => channelCorrelation({ studentFeature: 'a', teacherFeature: 'b' }).start(run)).toThrow(
      'channelCorrelation: a of the student and b of the teacher must be maps [height, width, channels] with as many channels, got [4, 4, 3] and [4, 4, 2]',
    )
  })
})
