import * as tf from '@tensorflow/tfjs-core'
import { expectAllClose } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { identityHessian } from '../solvers/hessian-solver.js'
import { lastLayerInfluence } from '../influence/last-layer-influence.js'
import { tracIn } from '../influence/trac-in.js'
import { randomProblem, rowsOf, tableOf } from '../testing/random-problem.js'
import { correctness, el2n, entropy, labelConfidence, margin, randomScores } from './scores.js'
import { forgettingEvents } from './forgetting-events.js'
import { graNd } from './gra-nd.js'

const { train, validation } = randomProblem({ examples: 12, classes: 4, width: 3, seed: 9 })
const numbers = (array: ArrayLike<number>): number[] => Array.from(array)

// softmax([log 1, log 2, log 5]) = [1, 2, 5] / 8
const logits = tableOf([[0, Math.log(2), Math.log(5)]])

describe('scores by hand', () => {
  it('el2n, graNd, margin, entropy, labelConfidence, correctness', async () => {
    const labels = [1]
    const error = Math.hypot(1, 6, 5) / 8
    expectAllClose(numbers(await el2n({ logits, labels })), [error])
    expectAllClose(numbers(await graNd({ logits, labels, features: tableOf([[2, 2]]) })), [3 * error])
    expectAllClose(numbers(await margin({ logits, labels })), [Math.log(2 / 5)])
    expectAllClose(numbers(await labelConfidence({ logits, labels })), [0.25])
    expectAllClose(numbers(await correctness({ logits, labels })), [0])
    expectAllClose(numbers(await correctness({ logits, labels: [2] })), [1])
    const bits = Math.log(8) - (2 * Math.log(2) + 5 * Math.log(5)) / 8
    expectAllClose(numbers(await entropy({ logits })), [bits])
  })

  it('el2n against a teacher is the length of the derivative of the distillation loss', async () => {
    const teacherLogits = tableOf([[0, 0, 0]])
    const error = 3 * Math.hypot(1 / 8 - 1 / 3, 2 / 8 - 1 / 3, 5 / 8 - 1 / 3)
    const tripled = { ...logits, values: logits.values.map((z) => 3 * z) }
    const scores = await el2n({ logits: tripled, labels: [0], teacherLogits, temperature: 3 })
    expectAllClose(numbers(scores), [error])
    await expect(el2n({ logits, labels: [0], teacherLogits: tf.zeros([1, 2]) })).rejects.toThrow(
      'el2n: logits and teacherLogits must have the same shape, got [1, 3] and [1, 2]',
    )
  })

  it('forgettingEvents counts falls from right to wrong', async () => {
    const look = (...right: number[]): ReturnType<typeof tableOf> =>
      tableOf(right.map((value) => [value, 0.5]))
    const history = [look(0, 1, 1), look(1, 0, 0), look(0, 1, 0), look(1, 0, 0)]
    expect(numbers(await forgettingEvents({ history, labels: [0, 0, 0] }))).toEqual([1, 2, 1])
    expect(numbers(await forgettingEvents({ history, labels: [0, 0, 1] }))).toEqual([1, 2, 0])
    const never = [look(0), look(0), look(0)]
    expect(numbers(await forgettingEvents({ history: never, labels: [0] }))).toEqual([3])
    await expect(forgettingEvents({ history: [], labels: [] })).rejects.toThrow(
      'history must hold at least one table',
    )
  })

  it('randomScores are uniform and repeat', () => {
    const scores = randomScores(2000, 3)
    expect(scores.reduce((sum, score) => sum + score, 0) / 2000).toBeCloseTo(0.5, 1)
    expect(numbers(randomScores(2000, 3))).toEqual(numbers(scores))
    expect(numbers(randomScores(3, 4))).not.toEqual(numbers(scores.slice(0, 3)))
    expect(() => randomScores(0)).toThrow('randomScores: count must be a whole number >= 1, got 0')
  })
})

describe('tracIn', () => {
  it('adds up gradient products times learning rates', async () => {
    const late = { ...train, logits: { ...train.logits, values: train.logits.values.map((z) => 2 * z) } }
    const solver = identityHessian()
    const first = await lastLayerInfluence({ ...train, validation, solver })
    const second = await lastLayerInfluence({ ...late, validation, solver })
    const checkpoints = [
      { ...train, validation, learningRate: 0.1 },
      { ...late, validation, learningRate: 0.01 },
    ]
    expectAllClose(
      numbers(await tracIn({ checkpoints })),
      numbers(first).map((value, row) => 0.1 * value + 0.01 * second[row]!),
    )
    const fewer = { ...rowsOf(train, [0, 1, 2]), validation, learningRate: 1 }
    await expect(tracIn({ checkpoints: [checkpoints[0]!, fewer] })).rejects.toThrow('got 12 and 3')
    await expect(tracIn({ checkpoints: [] })).rejects.toThrow(
      'tracIn: checkpoints must be at least one, got none',
    )
  })
})

describe('every score', () => {
  const { labels } = train
  const features = train.features
  const each: [name: string, score: (logits: tf.Tensor2D) => Promise<Float64Array>][] = [
    ['el2n', (logits) => el2n({ logits, labels })],
    ['graNd', (logits) => graNd({ logits, labels, features })],
    ['margin', (logits) => margin({ logits, labels })],
    ['entropy', (logits) => entropy({ logits })],
    ['labelConfidence', (logits) => labelConfidence({ logits, labels })],
    ['correctness', (logits) => correctness({ logits, labels })],
  ]

  it.each(each)('%s reads tensors, is finite for extreme logits, and ignores shifts', async (_, score) => {
    const table = tf.tensor2d(Float32Array.from(train.logits.values), [12, 4])
    const plain = await score(table)
    expect(plain).toHaveLength(12)
    expectAllClose(numbers(await score(tf.add(table, 8))), numbers(plain), { absolute: 1e-5 })
    expect((await score(tf.mul(table, 1e4))).every(Number.isFinite)).toBe(true)
  })

  it.each(each)('%s names NaN and its row', async (name, score) => {
    const values = Float32Array.from(train.logits.values)
    values[9] = NaN
    await expect(score(tf.tensor2d(values, [12, 4]))).rejects.toThrow(
      `${name}: logits must be finite, got NaN in row 2`,
    )
  })
})
