import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { it } from 'vitest'
import { movedProbability } from './moved-probability.js'
import { readExamples } from './read-examples.js'

const teacherLogits = tf.tensor2d([
  [2, 1, 0, -1],
  [2, 1, 0, -1],
])
const labels = tf.tensor1d([1, 0], 'int32')

it('is what the label gains, and 0 where the soft label stays', () => {
  // softmax([2, 1, 0, -1]) gives the label 0.236883; the revised soft label 0.566112.
  expectAllClose(movedProbability(teacherLogits, labels, { temperature: 1 }), [0.566112 - 0.236883, 0])
})

it('counts what a right teacher loses with scope all', () => {
  // The label has 0.643914 and gains (1 - eta) of the rest.
  const moved = movedProbability(teacherLogits, labels, { temperature: 1, eta: 0.5, scope: 'all' })
  expectAllClose(tf.slice(moved, 1), [0.5 * (1 - 0.643914)])
})

it('leaves nothing behind when it is read', async () => {
  await expectNoLeak(() => readExamples(() => movedProbability(teacherLogits, labels, { temperature: 4 })))
})
