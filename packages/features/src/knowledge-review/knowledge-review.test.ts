import { randomSource, type RunStart } from '@kd/core'
import { describeFeatureConformance, methodBatch, startMethod } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import golden from './knowledge-review.golden.json' with { type: 'json' }
import { knowledgeReview } from './knowledge-review.js'

describeFeatureConformance({
  golden,
  method: (_: object, studentFeatures, teacherFeatures) =>
    knowledgeReview({ studentFeatures, teacherFeatures, warmupEpochs: 0 }),
})

describe('knowledgeReview', () => {
  const names = { studentFeatures: ['a'], teacherFeatures: ['b'] }

  it('takes a vector for a map of one position, and grows over the first epochs', () => {
    const numbers = {
      studentLogits: [
        [1, 0],
        [0, 1],
      ],
      teacherLogits: [
        [
          [1, 0],
          [0, 1],
        ],
      ],
      labels: [0, 1],
    }
    const features = (epoch: number) =>
      methodBatch({ ...numbers, epoch }, undefined, {
        studentFeatures: {
          a: tf.tensor2d([
            [1, 2],
            [3, -4],
          ]),
        },
        teacherFeatures: [{ b: tf.tensor2d([[1], [5]]) }],
      })
    const started = startMethod(knowledgeReview({ ...names, warmupEpochs: 4 }), features(0))
    const [first, fourth] = [0, 3].map((epoch) => started.parts(features(epoch))['review']!.dataSync())
    expect([...fourth!].map((value) => value / 4)).toEqual([...first!])
  })

  it('refuses maps of different sizes', () => {
    const run = {
      student: { logits: [3], features: { a: [4, 4, 3] } },
      teachers: [{ logits: [3], features: { b: [2, 2, 3] } }],
      random: randomSource(1),
    } as unknown as RunStart
    expect(() => knowledgeReview(names).start(run)).toThrow(
      'must be vectors, or maps of one height and width, got [4, 4, 3] and [2, 2, 3]',
    )
  })
})
