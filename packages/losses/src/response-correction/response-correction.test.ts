import { crossEntropy, klDivergence } from '@kd/core'
import { describeMethodConformance, expectAllClose, lossesOf, methodBatch } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { vanillaKd } from '../vanilla-kd/vanilla-kd.js'
import { correctResponse } from './correct-response.js'
import golden from './response-correction.golden.json' with { type: 'json' }
import { responseCorrection } from './response-correction.js'

describeMethodConformance(responseCorrection, {
  golden,
  // The corrected logit grows with the largest one, so that the zero of the logits matters.
  shiftInvariant: false,
  holdConstant: ({ studentLogits, teacherLogits: [teacherLogits], labels }) => {
    const corrected = correctResponse(studentLogits, labels)
    return (logits) =>
      tf.mean(
        tf.addN([
          crossEntropy(logits, labels),
          tf.mul(16, klDivergence(teacherLogits!, logits, 4)),
          tf.mul(1.6, klDivergence(corrected, logits, 4)),
        ]),
      )
  },
})

const batch = methodBatch({
  studentLogits: [[0.5, 1.5, 0.2, -0.3]],
  teacherLogits: [[[2, 1, 0, -1]]],
  labels: [1],
})

describe('responseCorrection', () => {
  it('is vanilla KD and a term from the corrected response', () => {
    // Corrected: [0.5, 1.5 + 1.5, 0.2, -0.3].
    const corrected = tf.tensor2d([[0.5, 3, 0.2, -0.3]])
    const { parts } = lossesOf(responseCorrection({ temperature: 2, correctionWeight: 3 }), batch)
    expectAllClose(correctResponse(batch.studentLogits, batch.labels), corrected)
    expectAllClose(parts['correction']!, tf.mul(12, klDivergence(corrected, batch.studentLogits, 2)))
    expectAllClose(
      tf.add(parts['label']!, parts['teacher']!),
      tf.expandDims(
        lossesOf(vanillaKd({ temperature: 2, softLossWeight: 1, hardLossWeight: 1 }), batch).total,
        0,
      ),
    )
  })

  it('refuses options and labels out of range', () => {
    expect(() => responseCorrection({ temperature: 0 })).toThrow('responseCorrection: temperature must be')
    expect(() => responseCorrection({ softLossWeight: -1 })).toThrow('softLossWeight')
    expect(() => responseCorrection({ hardLossWeight: -1 })).toThrow('hardLossWeight')
    expect(() => responseCorrection({ correctionWeight: -1 })).toThrow('correctionWeight')
    expect(() => correctResponse(batch.studentLogits, tf.tensor1d([4], 'int32'))).toThrow(
      'responseCorrection: labels must be in [0, 3], got 4 in row 0',
    )
  })
})
