import { randomSource } from '@kd/core'
import { expectAllClose, expectNoLeak, expectParity } from '@kd/testing'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import golden from './mixing-gradient.golden.json' with { type: 'json' }
import type { MixingGradientOptions } from './mixing-gradient-options.js'
import { mixingGradient } from './mixing-gradient.js'

type Table = readonly (readonly number[])[]

/** The arguments of mixingGradient as plain numbers, for arithmetic in float64. */
interface Problem {
  readonly termGradients: readonly Table[]
  readonly features: Table
  readonly validation: {
    readonly features: Table
    readonly logits: Table
    readonly labels: readonly number[]
  }
  readonly weights: Table
  readonly learningRate: number
}

function randomProblem(
  seed: number,
  sizes = { examples: 6, terms: 3, classes: 4, depth: 5, heldOut: 7 },
): Problem {
  const random = randomSource(seed)
  const table = (rows: number, columns: number, draw = () => random.normal()): number[][] =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, draw))
  const { examples, terms, classes, depth, heldOut } = sizes
  return {
    termGradients: Array.from({ length: terms }, () => table(examples, classes)),
    features: table(examples, depth),
    validation: {
      features: table(heldOut, depth),
      logits: table(heldOut, classes),
      labels: Array.from({ length: heldOut }, () => random.integer(classes)),
    },
    weights: table(examples, terms, () => random.uniform()),
    learningRate: 0.05,
  }
}

const tensors = ({
  termGradients,
  features,
  validation,
  weights,
  learningRate,
}: Problem): MixingGradientOptions => {
  const matrix = (table: Table): tf.Tensor2D => tf.tensor2d(table.map((row) => [...row]))
  return {
    termGradients: termGradients.map(matrix),
    features: matrix(features),
    validation: {
      features: matrix(validation.features),
      logits: matrix(validation.logits),
      labels: tf.tensor1d([...validation.labels], 'int32'),
    },
    weights: matrix(weights),
    learningRate,
  }
}

const dot = (left: readonly number[], right: readonly number[]): number =>
  left.reduce((sum, value, index) => sum + value * right[index]!, 0)

/** Logits of the held-out examples after the step, one example and one term after the other. */
function logitsAhead({ termGradients, features, validation, weights, learningRate }: Problem): number[][] {
  return validation.logits.map((row, heldOut) =>
    row.map((logit, label) => {
      let moved = logit
      features.forEach((own, example) => {
        termGradients.forEach((gradients, term) => {
          const push = weights[example]![term]! * gradients[example]![label]!
          moved -= learningRate * push * (1 + dot(own, validation.features[heldOut]!))
        })
      })
      return moved
    }),
  )
}

const logSumExp = (logits: readonly number[]): number => {
  const largest = Math.max(...logits)
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0))
}

function lossAhead(problem: Problem): number {
  const { labels } = problem.validation
  const losses = logitsAhead(problem).map((logits, heldOut) => logSumExp(logits) - logits[labels[heldOut]!]!)
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length
}

/** The closed form in float64: what the tensors compute. */
function closedForm(problem: Problem): number[][] {
  const { termGradients, features, validation, learningRate } = problem
  const residuals = logitsAhead(problem).map((logits, heldOut) =>
    logits.map((logit, label) => {
      const probability = Math.exp(logit - logSumExp(logits))
      return (probability - (validation.labels[heldOut] === label ? 1 : 0)) / validation.logits.length
    }),
  )
  return features.map((own, example) => {
    const towards = validation.logits[0]!.map((_, label) =>
      residuals.reduce(
        (sum, row, heldOut) => sum + row[label]! * (1 + dot(own, validation.features[heldOut]!)),
        0,
      ),
    )
    return termGradients.map((gradients) => -learningRate * dot(gradients[example]!, towards))
  })
}

function centralDifferences(problem: Problem, step = 1e-4): number[][] {
  return problem.weights.map((row, example) =>
    row.map((_, term) => {
      const lossAt = (offset: number): number => {
        const weights = problem.weights.map((values) => [...values])
        weights[example]![term]! += offset
        return lossAhead({ ...problem, weights })
      }
      return (lossAt(step) - lossAt(-step)) / (2 * step)
    }),
  )
}

describe('mixingGradient', () => {
  const seeds = [1, 2, 3, 4, 5]

  it.each(seeds)(
    'has a closed form equal to differences of the look-ahead loss, 1e-6 in float64: %i',
    (seed) => {
      const problem = randomProblem(seed)
      const expected = centralDifferences(problem)
      const largest = Math.max(...expected.flat().map(Math.abs))
      expectAllClose(closedForm(problem), expected, { absolute: 1e-6 * largest, relative: 0 })
    },
  )

  it.each(seeds)('agrees with those differences to 1e-3 in float32: %i', (seed) => {
    const problem = randomProblem(seed)
    const expected = centralDifferences(problem)
    const largest = Math.max(...expected.flat().map(Math.abs))
    const gradient = mixingGradient(tensors(problem))
    expectAllClose(gradient.arraySync(), expected, { absolute: 1e-3 * largest, relative: 0 })
    expectAllClose(gradient.arraySync(), closedForm(problem), { absolute: 1e-5 * largest, relative: 1e-5 })
  })

  it.each(golden.cases)(
    'gives what autograd through the step gives: $name',
    ({ train, gradient, ...rest }) => {
      expectAllClose(mixingGradient(tensors({ ...rest, features: train.features })).arraySync(), gradient)
    },
  )

  it('leads downhill', () => {
    const problem = { ...randomProblem(6), learningRate: 0.02 }
    const gradient = mixingGradient(tensors(problem)).arraySync()
    const length = Math.hypot(...gradient.flat())
    const weights = problem.weights.map((row, example) =>
      row.map((weight, term) => weight - (0.1 * gradient[example]![term]!) / length),
    )
    expect(lossAhead({ ...problem, weights })).toBeLessThan(lossAhead(problem))
  })

  it('does not depend on how examples are ordered', () => {
    const problem = randomProblem(7)
    const reversed = {
      ...problem,
      termGradients: problem.termGradients.map((table) => table.toReversed()),
      features: problem.features.toReversed(),
      weights: problem.weights.toReversed(),
    }
    const gradient = mixingGradient(tensors(problem)).arraySync()
    expectAllClose(mixingGradient(tensors(reversed)).arraySync(), gradient.toReversed())
  })

  it('is finite for held-out logits of 1e4', () => {
    const problem = randomProblem(8)
    const logits = problem.validation.logits.map((row) => row.map((logit) => 1e4 * logit))
    const gradient = mixingGradient(tensors({ ...problem, validation: { ...problem.validation, logits } }))
    expect(Array.from(gradient.dataSync()).every(Number.isFinite)).toBe(true)
  })

  it('gives the same on wasm, and leaves no tensor alive', async () => {
    const problem = randomProblem(9, { examples: 40, terms: 2, classes: 10, depth: 16, heldOut: 30 })
    await expectParity('wasm', () => mixingGradient(tensors(problem)))
    const options = tensors(problem)
    await expectNoLeak(() => mixingGradient(options))
    expect(options.features.isDisposed).toBe(false)
  })

  const problem = randomProblem(10)
  it.each<[string, Partial<MixingGradientOptions>, string]>([
    ['no term', { termGradients: [] }, 'termGradients must hold at least one table, got none'],
    [
      'terms of other shapes',
      { termGradients: [tf.zeros([6, 4]), tf.zeros([6, 3])] },
      'termGradients[0] and termGradients[1] must have the same shape, got [6, 4] and [6, 3]',
    ],
    [
      'features of other examples',
      { features: tf.zeros([5, 5]) },
      'features must have shape [6, 5], got [5, 5]',
    ],
    ['weights of other terms', { weights: tf.zeros([6, 2]) }, 'weights must have shape [6, 3], got [6, 2]'],
    ['learning rate 0', { learningRate: 0 }, 'learningRate must be a finite number > 0, got 0'],
    [
      'held-out logits of other classes',
      { validation: { ...tensors(problem).validation, logits: tf.zeros([7, 3]) } },
      'validation.logits must have shape [7, 4], got [7, 3]',
    ],
    [
      'held-out features of another layer',
      { validation: { ...tensors(problem).validation, features: tf.zeros([7, 6]) } },
      'validation.features must have shape [7, 5], got [7, 6]',
    ],
    [
      'labels that are not int32',
      { validation: { ...tensors(problem).validation, labels: tf.zeros([7]) } },
      'labels must be int32 class indices, got float32',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => mixingGradient({ ...tensors(problem), ...options })).toThrow(`mixingGradient: ${message}`)
  })
})
