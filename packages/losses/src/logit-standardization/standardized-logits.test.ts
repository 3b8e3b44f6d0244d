import * as tf from '@tensorflow/tfjs-core'
import {
  describeMethodConformance,
  expectAllClose,
  expectNoLeak,
  lossesOf,
  methodBatch,
  startMethod,
} from '@kd/testing'
import { klDivergence, type Method } from '@kd/core'
import { describe, expect, it } from 'vitest'
import { vanillaKd, type VanillaKdOptions } from '../vanilla-kd/vanilla-kd.js'
import { softLabelWeights } from '../terms/soft-label-weights.js'
import { weightedSoftLabels } from '../weighted-soft-labels/weighted-soft-labels.js'
import golden from './logit-standardization.golden.json' with { type: 'json' }
import { standardizeLogits } from './standardize-logits.js'
import { standardizedLogits } from './standardized-logits.js'

// Around vanilla KD the wrapper is the paper's KD form, whose golden values it must give.
const standardizedKd = (options: VanillaKdOptions = {}): Method =>
  standardizedLogits(vanillaKd({ temperature: 2, softLossWeight: 9, hardLossWeight: 1, ...options }))

describeMethodConformance(standardizedKd, { golden })

describe('standardizedLogits', () => {
  const numbers = { studentLogits: [[0, 3, 3]], teacherLogits: [[[10, 20, 30]]], labels: [1] }
  const divergence: Method = {
    name: 'divergence',
    needs: { teachers: 1 },
    start: () => ({
      phases: [
        {
          learner: 'student',
          loss: ({ studentLogits, teacherLogits: [teacherLogits] }) => ({
            teacher: klDivergence(teacherLogits!, studentLogits),
          }),
        },
      ],
    }),
  }

  it('standardizes student and teacher for a method without a label', () => {
    // The value worked out in logit-standardization.test.ts.
    const { parts, total } = lossesOf(standardizedLogits(divergence), methodBatch(numbers))
    expectAllClose(total, 0.101453, { absolute: 2e-6 })
    expect(Object.keys(parts)).toEqual(['teacher'])
  })

  it('computes the label on the logits as they are', () => {
    const { label } = lossesOf(standardizedKd(), methodBatch(numbers)).parts
    // CE = log(1 + 1 + e^-3)
    expectAllClose(label!, [Math.log(2 + Math.exp(-3))])
  })

  it('keeps what else the method has, under a name that says what was done', () => {
    const scale = tf.variable(tf.scalar(1))
    const step = methodBatch(numbers)
    const method = standardizedLogits({
      ...divergence,
      start: (run) => ({ ...divergence.start(run), variables: { scale } }),
    })
    expect(method.name).toBe('standardized-divergence')
    expect(method.needs).toEqual({ teachers: 1, tasks: ['classification'] })
    const { running } = startMethod(method, step)
    expect(running.variables).toEqual({ scale })
    expect(running.examples).toBeUndefined()
    scale.dispose()
  })

  it('shows examples to the method as its loss sees them', async () => {
    const step = methodBatch(numbers)
    const { running } = startMethod(standardizedLogits(weightedSoftLabels()), step)
    expect(await running.examples!(step.ids)).toEqual({})
    const { softLabelWeight } = await running.examples!(step.ids, step)
    const [student, teacher] = [step.studentLogits, step.teacherLogits[0]!].map(standardizeLogits)
    expectAllClose([...softLabelWeight!], softLabelWeights(student!, teacher!, step.labels))
    await expectNoLeak(() => running.examples!(step.ids, step))
  })
})
