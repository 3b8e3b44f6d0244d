import { KdError } from '@kd/core'
import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { conjugateGradient } from '../solvers/conjugate-gradient.js'
import { randomProblem } from '../testing/random-problem.js'
import { lastLayerInfluence } from './last-layer-influence.js'
import golden from './whole-network-influence.golden.json' with { type: 'json' }
import { wholeNetworkInfluence, type WholeNetworkInfluenceOptions } from './whole-network-influence.js'

const largest = (scores: ArrayLike<number>): number => Math.max(...Array.from(scores, Math.abs))

/** A golden case as options. */
function problem(index: number): WholeNetworkInfluenceOptions {
  const { weights, hidden, inputs, labels, validation, damping } = golden.cases[index]!
  const model = sequential({
    layers: [
      layers.dense({ units: hidden, inputShape: [inputs[0]!.length], activation: 'tanh' }),
      layers.dense({ units: weights[2]![0]!.length }),
    ],
  })
  model.setWeights(
    weights.map((rows, place) => (place % 2 === 0 ? tf.tensor2d(rows) : tf.tensor1d(rows[0]!))),
  )
  return {
    model,
    damping,
    inputs: tf.tensor2d(inputs),
    labels,
    validation: { inputs: tf.tensor2d(validation.inputs), labels: validation.labels },
  }
}
const weightsOf = (model: LayersModel): number[] =>
  model.getWeights().flatMap((weight) => [...weight.dataSync()])

describe('wholeNetworkInfluence', () => {
  for (const [index, { name, hessian, gaussNewton }] of golden.cases.entries()) {
    it(`agrees with double backward and a direct solve: ${name}`, async () => {
      const options = { ...problem(index), tolerance: 5e-4, batchSize: 11 }
      const before = weightsOf(options.model)
      const found = await wholeNetworkInfluence(options)
      expectAllClose([...found], gaussNewton, { relative: 0, absolute: 2e-3 * largest(gaussNewton) })
      const ofHessian = await wholeNetworkInfluence({ ...options, curvature: 'hessian' })
      expectAllClose([...ofHessian], hessian, { relative: 0, absolute: 2e-3 * largest(hessian) })
      // The two differ by far more than the tolerance, so that neither passes for the other.
      expect(largest(hessian.map((value, row) => value - gaussNewton[row]!))).toBeGreaterThan(
        0.02 * largest(hessian),
      )
      expect(weightsOf(options.model)).toEqual(before)
    })
  }

  it('is lastLayerInfluence for a network of one layer', async () => {
    const { train, validation } = randomProblem({ examples: 40, classes: 3, width: 4, seed: 3 })
    const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [4] })] })
    const inputsOf = (examples: typeof train): tf.Tensor2D =>
      tf.tensor2d(Float32Array.from(examples.features.values), [examples.labels.length, 4])
    const tablesOf = async (examples: typeof train): Promise<typeof train> => ({
      ...examples,
      logits: {
        values: await (model.predict(inputsOf(examples)) as tf.Tensor).data<'float32'>(),
        shape: [examples.labels.length, 3],
      },
    })
    const expected = await lastLayerInfluence({
      ...(await tablesOf(train)),
      validation: await tablesOf(validation),
      solver: conjugateGradient(),
    })
    const found = await wholeNetworkInfluence({
      model,
      inputs: inputsOf(train),
      labels: train.labels,
      validation: { inputs: inputsOf(validation), labels: validation.labels },
      tolerance: 1e-4,
    })
    expectAllClose([...found], [...expected], { relative: 0, absolute: 2e-3 * largest(expected) })
  })

  it('leaves no tensor behind', async () => {
    const options = problem(1)
    await expectNoLeak(async () => {
      await wholeNetworkInfluence(options)
    })
  })

  it('says when the Hessian is indefinite, and puts the weights back', async () => {
    const { smallestCurvature } = golden.cases[0]!
    expect(smallestCurvature).toBeLessThan(-1e-3)
    const options = { ...problem(0), curvature: 'hessian' as const, damping: 1e-6, tolerance: 1e-9 }
    const before = weightsOf(options.model)
    await expect(wholeNetworkInfluence(options)).rejects.toThrow(KdError)
    await expect(wholeNetworkInfluence(options)).rejects.toThrow(
      'a direction of negative curvature\n  raise damping',
    )
    expect(weightsOf(options.model)).toEqual(before)
  })

  it('refuses a residual that stays large, NaN, and options out of range', async () => {
    const options = problem(0)
    await expect(wholeNetworkInfluence({ ...options, iterations: 1 })).rejects.toThrow(
      /residual must reach 0.001 in 1 iterations, got 0\.\d+\n {2}raise damping/,
    )
    await expect(wholeNetworkInfluence({ ...options, damping: 0 })).rejects.toThrow('damping must be')
    await expect(wholeNetworkInfluence({ ...options, labels: [0] })).rejects.toThrow(
      'labels must be one per row of the 20 logits, got 1',
    )
    const inputs = tf.fill(options.inputs.shape, NaN)
    await expect(wholeNetworkInfluence({ ...options, inputs })).rejects.toThrow(
      'the model must give finite logits for inputs, got NaN in row 0\n  look for NaN',
    )
    const two = { ...options, validation: { ...options.validation, inputs: tf.zeros([0, 3]) } }
    await expect(wholeNetworkInfluence(two)).rejects.toThrow('validation.inputs must have at least one row')
  })
})
