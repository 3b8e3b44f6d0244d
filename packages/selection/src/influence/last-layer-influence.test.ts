import { expectAllClose, expectNoLeak } from '@kd/testing'
import { randomSource } from '@kd/core'
import { readTableRows } from '@kd/datasets'
import * as tf from '@tensorflow/tfjs-core'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LastLayerExamples } from '../examples/last-layer-examples.js'
import type { NumberTable } from '../examples/table.js'
import { graNd } from '../scores/gra-nd.js'
import { conjugateGradient } from '../solvers/conjugate-gradient.js'
import { diagonalHessian, identityHessian } from '../solvers/hessian-solver.js'
import { directSolve } from '../solvers/direct-solve.js'
import { randomProblem, rowsOf, tableOf } from '../testing/random-problem.js'
import golden from './last-layer-influence.golden.json' with { type: 'json' }
import { groupParameterInfluence } from './group-parameter-influence.js'
import { lastLayerInfluence, type LastLayerInfluenceSettings } from './last-layer-influence.js'
import { parameterInfluence, selfInfluence } from './own-gradient-influence.js'

const numbers = (array: ArrayLike<number>): number[] => Array.from(array)
const EXACT = { relative: 1e-7, absolute: 1e-10 }

describe('influence against autograd and a direct solve', () => {
  for (const { name, validation, teacherLogits, ...rest } of golden.cases) {
    const examples = {
      damping: rest.damping,
      temperature: rest.temperature,
      features: tableOf(rest.features),
      logits: tableOf(rest.logits),
      labels: rest.labels,
      ...(teacherLogits && { teacherLogits: tableOf(teacherLogits) }),
    }
    const settings = {
      validation: {
        features: tableOf(validation.features),
        logits: tableOf(validation.logits),
        labels: validation.labels,
      },
    }

    it(`gives the golden scores: ${name}`, async () => {
      const influence = async (given: Partial<LastLayerInfluenceSettings>): Promise<number[]> =>
        numbers(await lastLayerInfluence({ ...examples, ...settings, ...given }))
      expectAllClose(await influence({ solver: directSolve() }), rest.influence, EXACT)
      expectAllClose(
        await influence({ solver: conjugateGradient({ tolerance: 1e-10 }) }),
        rest.influence,
        EXACT,
      )
      expectAllClose(await influence({}), rest.influence, { relative: 1e-5, absolute: 1e-6 })
      expectAllClose(await influence({ solver: identityHessian() }), rest.identityInfluence, EXACT)
      expectAllClose(await influence({ solver: diagonalHessian() }), rest.diagonalInfluence, EXACT)
      expectAllClose(numbers(await selfInfluence(examples)), rest.selfInfluence, EXACT)
      expectAllClose(numbers(await parameterInfluence(examples)), rest.parameterInfluence, EXACT)
      expect(numbers(await groupParameterInfluence(examples))).toEqual(rest.groupParameterInfluence)
      expectAllClose(numbers(await graNd(examples)), rest.gradientLength, EXACT)
    })
  }

  it('takes tensors for numbers, up to float32, and leaves none behind', async () => {
    const [{ features, logits, labels, damping, validation, influence }] = golden.cases as [
      (typeof golden.cases)[0],
    ]
    const tensors = {
      features: tf.tensor2d(features),
      logits: tf.tensor2d(logits),
      labels: tf.tensor1d(labels, 'int32'),
    }
    const heldOut = {
      features: tf.tensor2d(validation.features),
      logits: tf.tensor2d(validation.logits),
      labels: tf.tensor1d(validation.labels, 'int32'),
    }
    const run = (): Promise<Float64Array> => lastLayerInfluence({ ...tensors, damping, validation: heldOut })
    expectAllClose(numbers(await run()), influence, { relative: 1e-4, absolute: 1e-5 })
    await expectNoLeak(async () => {
      await run()
    })
    expect(tensors.features.isDisposed).toBe(false)
  })
})

describe('lastLayerInfluence', () => {
  it('is the closed form for one feature and two classes', async () => {
    // One example x = 0 with logits 0: p = (1/2, 1/2), g = (-1/2, 1/2) in the biases, H there = [[1,-1],[-1,1]] / 4, whose
    // eigenvalue along g is 1/2. The held-out example is the same one, so influence = |g|^2 / (1/2 + damping) = 1 at damping 0.
    const example = { features: tableOf([[0]]), logits: tableOf([[0, 0]]), labels: [0] }
    const [influence] = await lastLayerInfluence({ ...example, validation: example, damping: 0.125 })
    expect(influence).toBeCloseTo(0.5 / (0.5 + 0.125), 12)
  })

  it('does not depend on the order of the examples, nor on how a stream cuts them', async () => {
    const { train, validation } = randomProblem({ examples: 700, classes: 5, width: 7, seed: 3 })
    const solver = conjugateGradient({ tolerance: 1e-11 })
    const whole = await lastLayerInfluence({ ...train, validation, solver })
    const rows = randomSource(1).shuffle(Array.from({ length: 700 }, (_, row) => row))
    const shuffled = await lastLayerInfluence({ ...rowsOf(train, rows), validation, solver })
    expectAllClose(
      numbers(shuffled),
      rows.map((row) => whole[row]!),
      { relative: 1e-6, absolute: 1e-8 },
    )
    let passes = 0
    const streamed = await lastLayerInfluence({
      async *stream() {
        passes += 1
        for (let from = 0; from < 700; from += 61) {
          await Promise.resolve()
          yield rowsOf(train, [...rows.keys()].slice(from, from + 61))
        }
      },
      validation,
      solver,
    })
    expect(passes).toBeGreaterThan(3)
    expectAllClose(numbers(streamed), numbers(whole), { relative: 1e-6, absolute: 1e-9 })
  })

  it('gives the same scores from files that are read a few rows at a time', async () => {
    const { train, validation } = randomProblem({ examples: 500, classes: 4, width: 6, seed: 8 })
    const folder = mkdtempSync(join(tmpdir(), 'kd-influence-'))
    try {
      const write = (name: string, values: Float32Array | Int32Array): string => {
        writeFileSync(join(folder, name), values)
        return join(folder, name)
      }
      const rounded = ({ values, shape }: NumberTable): NumberTable & { values: Float32Array } => ({
        values: Float32Array.from(values),
        shape,
      })
      const [features, logits] = [rounded(train.features), rounded(train.logits)]
      const tables = {
        features: { path: write('features', features.values), columns: 6 },
        logits: { path: write('logits', logits.values), columns: 4 },
      }
      const labels = write('labels', train.labels)
      const whole = await lastLayerInfluence({ features, logits, labels: train.labels, validation })
      const stream = (): AsyncIterable<LastLayerExamples> => readTableRows({ tables, labels, rows: 37 })
      const streamed = await lastLayerInfluence({ stream, validation })
      expectAllClose(numbers(streamed), numbers(whole), { relative: 1e-6, absolute: 1e-9 })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('judges a copy of an example as the example, and the opposite label the other way', async () => {
    const { train, validation } = randomProblem({ examples: 60, classes: 2, width: 3, seed: 5 })
    const flipped = { ...train, labels: train.labels.map((label, row) => (row === 0 ? 1 - label : label)) }
    const before = await lastLayerInfluence({ ...train, validation })
    const after = await lastLayerInfluence({ ...flipped, validation })
    // With two classes p - y changes its sign, not its direction; H does not know the labels.
    expect(Math.sign(after[0]!)).toBe(-Math.sign(before[0]!))
    expectAllClose(numbers(after).slice(1), numbers(before).slice(1))
  })

  it('ignores shifts of the logits', async () => {
    const { train, validation } = randomProblem({ examples: 30, classes: 3, width: 2, seed: 6 })
    const shifted = { ...train, logits: { ...train.logits, values: train.logits.values.map((z) => z + 100) } }
    expectAllClose(
      numbers(await lastLayerInfluence({ ...shifted, validation })),
      numbers(await lastLayerInfluence({ ...train, validation })),
    )
  })
})

describe('lastLayerInfluence refuses', () => {
  const { train, validation } = randomProblem({ examples: 20, classes: 3, width: 2, seed: 7 })
  const attempt = (change: object): Promise<unknown> =>
    lastLayerInfluence({ ...train, validation, ...change })

  it('no held-out split', async () => {
    await expect(attempt({ validation: undefined })).rejects.toThrow(
      'lastLayerInfluence: validation must hold at least one example, got none\n  hold a validation split out',
    )
    const empty = { features: tf.zeros([0, 2]), logits: tf.zeros([0, 3]), labels: [] }
    await expect(attempt({ validation: empty })).rejects.toThrow('validation must hold at least one example')
  })

  it('a class absent from it, unless told that this is meant', async () => {
    const without = rowsOf(
      validation,
      [...validation.labels.keys()].filter((row) => validation.labels[row] !== 1),
    )
    await expect(attempt({ validation: without })).rejects.toThrow('got none of class 1\n  split stratified')
    await expect(attempt({ validation: without, allowAbsentClasses: true })).resolves.toHaveLength(20)
  })

  it('NaN and infinity, naming the row', async () => {
    const spoilt = train.features.values.slice()
    spoilt[7] = NaN
    await expect(attempt({ features: { ...train.features, values: spoilt } })).rejects.toThrow(
      'lastLayerInfluence: features must be finite, got NaN in row 3',
    )
    const infinite = validation.logits.values.slice()
    infinite[3] = Infinity
    await expect(
      attempt({ validation: { ...validation, logits: { ...validation.logits, values: infinite } } }),
    ).rejects.toThrow('validation.logits must be finite, got Infinity in row 1')
  })

  it('no damping, because the Hessian is then singular', async () => {
    await expect(attempt({ damping: 0 })).rejects.toThrow(
      'lastLayerInfluence: damping must be a finite number > 0, got 0\n  without damping the Hessian is singular',
    )
  })

  it('a solver that does not converge', async () => {
    const solver = conjugateGradient({ iterations: 1, tolerance: 1e-12 })
    await expect(attempt({ solver })).rejects.toThrow(
      /conjugateGradient: residual must reach 1e-12 in 1 iterations, got 0\.\d+\n {2}raise damping/,
    )
  })

  it('labels and tables that do not fit', async () => {
    await expect(attempt({ labels: [0] })).rejects.toThrow(
      'labels must be one per row of the 20 logits, got 1',
    )
    await expect(attempt({ labels: new Int32Array(20).fill(3) })).rejects.toThrow(
      'labels must be class indices in [0, 3), got 3 in row 0',
    )
    await expect(attempt({ features: tf.zeros([19, 2]) })).rejects.toThrow('got [19, 2] and [20, 3]')
    await expect(attempt({ validation: { ...validation, features: tf.zeros([9, 5]) } })).rejects.toThrow(
      'validation must have 2 features and 3 classes like the training examples, got 5 and 3',
    )
    await expect(attempt({ teacherLogits: tf.zeros([20, 2]) })).rejects.toThrow(
      'logits and teacherLogits must have the same shape, got [20, 3] and [20, 2]',
    )
  })

  it('a stream without examples', async () => {
    const stream = async function* (): AsyncGenerator<typeof train> {}
    await expect(lastLayerInfluence({ stream, validation })).rejects.toThrow(
      'lastLayerInfluence: examples must be at least one, got none',
    )
  })
})
