import type { Method, RunStart } from '@kd/core'
import { describeFeatureConformance } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import embedded from './channel-correlation-embedded.golden.json' with { type: 'json' }
import golden from './channel-correlation.golden.json' with { type: 'json' }
import { channelCorrelation, type ChannelCorrelationOptions } from './channel-correlation.js'

interface GoldenOptions {
  readonly scale?: string
  readonly embedding?: string
}

const fromGolden = (options: GoldenOptions, [studentFeature]: string[], [teacherFeature]: string[]): Method =>
  channelCorrelation({
    ...(options as ChannelCorrelationOptions),
    studentFeature: studentFeature!,
    teacherFeature: teacherFeature!,
    featureWeight: 1,
  })

describeFeatureConformance({ golden, method: fromGolden })
describe('with an embedding', () => {
  describeFeatureConformance({ golden: embedded, method: fromGolden })
})

describe('channelCorrelation', () => {
  it('refuses features of other shapes when a run begins', () => {
    const run = {
      student: { logits: [3], features: { a: [4, 4, 3] } },
      teachers: [{ logits: [3], features: { b: [4, 4, 2] } }],
    } as unknown as RunStart
    expect(() => channelCorrelation({ studentFeature: 'a', teacherFeature: 'b' }).start(run)).toThrow(
      'channelCorrelation: a of the student and b of the teacher must be maps [height, width, channels] with as many channels, unless there is an embedding, got [4, 4, 3] and [4, 4, 2]',
    )
  })
})
