import { expectAllClose } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { lastLayerInfluence } from '../influence/last-layer-influence.js'
import { selfInfluence } from '../influence/own-gradient-influence.js'
import { prepareLastLayer } from '../last-layer/prepare-last-layer.js'
import { randomProblem, rowsOf, tableOf } from '../testing/random-problem.js'
import { factorCholesky, solveCholesky } from './cholesky.js'
import { conjugateGradient } from './conjugate-gradient.js'
import { diagonalHessian, type HessianSolver, identityHessian } from './hessian-solver.js'
import { directSolve } from './direct-solve.js'
import { kroneckerHessian } from './kronecker-hessian.js'
import { lissa } from './lissa.js'

const { train, validation } = randomProblem({ examples: 900, classes: 6, width: 9, seed: 1 })
const influence = async (solver: HessianSolver, damping = 0.01): Promise<number[]> =>
  Array.from(await lastLayerInfluence({ ...train, validation, damping, solver }))
/** |left - right| / |right| */
const distance = (left: readonly number[], right: readonly number[]): number =>
  Math.hypot(...left.map((value, index) => value - right[index]!)) / Math.hypot(...right)

describe('solvers', () => {
  it.each([1, 0.01, 1e-4, 1e-6])(
    'conjugate gradients solve as Cholesky does at damping %d',
    async (damping) => {
      const direct = await influence(directSolve(), damping)
      expect(distance(await influence(conjugateGradient({ tolerance: 1e-9 }), damping), direct)).toBeLessThan(
        1e-6,
      )
      expect(distance(await influence(conjugateGradient(), damping), direct)).toBeLessThan(1e-5)
    },
  )

  it.each([1, 0.01, 1e-4, 1e-6])(
    'conjugate gradients with products on the engine solve as well at damping %d',
    async (damping) => {
      const direct = await influence(directSolve(), damping)
      const solver = conjugateGradient({ tolerance: 1e-9, engineProducts: true })
      expect(distance(await influence(solver, damping), direct)).toBeLessThan(1e-6)
    },
  )

  it('products on the engine are those in float64, up to float32', async () => {
    const teacherLogits = { ...train.logits, values: train.logits.values.map((value) => -value) }
    for (const examples of [train, { ...train, teacherLogits }]) {
      const { hessian, summary } = await prepareLastLayer(examples, { damping: 1e-3 }, 'test')
      // As small as late residuals are.
      const direction = summary.meanGradient.map((value) => 1e-40 * value)
      const exact = await hessian.product(direction)
      const found = await hessian.engineProduct(direction)
      expect(distance([...found], [...exact])).toBeLessThan(1e-6)
      expect(distance([...found], [...exact])).toBeGreaterThan(1e-12)
    }
  })

  it('conjugate gradients go on in float64 where the engine cannot hold the numbers', async () => {
    const large = {
      ...train,
      features: { ...train.features, values: train.features.values.map((x) => 1e30 * x) },
    }
    const options = { ...large, validation, damping: 1e50 }
    const exact = await lastLayerInfluence({
      ...options,
      solver: conjugateGradient({ engineProducts: false }),
    })
    const found = await lastLayerInfluence({
      ...options,
      solver: conjugateGradient({ engineProducts: true }),
    })
    expect(distance([...found], [...exact])).toBeLessThan(1e-6)
  })

  it('conjugate gradients with products on the engine reach residuals that float32 does not have', async () => {
    const { hessian, summary } = await prepareLastLayer(train, { damping: 1e-3 }, 'test')
    const solve = await conjugateGradient({ tolerance: 1e-12, engineProducts: true }).prepare(hessian)
    const image = await hessian.product(await solve(summary.meanGradient))
    expect(distance([...image], [...summary.meanGradient])).toBeLessThan(2e-12)
  })

  it('conjugate gradients sample evenly where examples come in turn', async () => {
    // Row r has only feature r mod 16; every second row, as a sample of 4096 could be, would miss half of the features.
    const features = new Float32Array(8192 * 16)
    for (let row = 0; row < 8192; row++) features[row * 16 + (row % 16)] = 1 + (row % 16)
    const examples = {
      features: { values: features, shape: [8192, 16] as const },
      logits: { values: new Float32Array(8192 * 2), shape: [8192, 2] as const },
      labels: Int32Array.from({ length: 8192 }, (_, row) => (row >> 4) % 2),
    }
    const held = {
      features: { values: features.subarray(0, 16 * 16), shape: [16, 16] as const },
      logits: { values: new Float32Array(16 * 2), shape: [16, 2] as const },
      labels: Int32Array.from({ length: 16 }, (_, row) => Number(row % 3 === 0)),
    }
    let iterations = 0
    const solver = conjugateGradient({ onIteration: ({ iteration }) => (iterations = iteration) })
    await lastLayerInfluence({ ...examples, validation: held, solver })
    expect(iterations).toBeLessThan(7)
  })

  it('conjugate gradients report each iteration until the residual is small', async () => {
    const residuals: number[] = []
    const solver = conjugateGradient({
      tolerance: 1e-5,
      onIteration: ({ iteration, residual }) => (residuals[iteration - 1] = residual),
    })
    await influence(solver)
    expect(residuals.length).toBeLessThan(25)
    expect(residuals.findIndex((residual) => residual <= 1e-5)).toBe(residuals.length - 1)
  })

  it('conjugate gradients with the diagonal as preconditioner, where blocks would be too large, solve too', async () => {
    const wide = randomProblem({ examples: 40, classes: 2, width: 2100, seed: 2 })
    const { hessian, summary } = await prepareLastLayer(wide.train, { damping: 0.1 }, 'test')
    const solve = await conjugateGradient({ tolerance: 1e-10 }).prepare(hessian)
    const image = await hessian.product(await solve(summary.meanGradient))
    expect(distance([...image], [...summary.meanGradient])).toBeLessThan(1e-9)
  })

  it('LiSSA comes near with depth', async () => {
    const direct = await influence(directSolve(), 0.1)
    const shallow = distance(await influence(lissa({ depth: 50 }), 0.1), direct)
    const deep = distance(await influence(lissa({ depth: 3000 }), 0.1), direct)
    expect(deep).toBeLessThan(0.05)
    expect(shallow).toBeGreaterThan(2 * deep)
  })

  it('LiSSA on one block is exact in the limit', async () => {
    const few = rowsOf(train, [...Array(200).keys()])
    const options = { ...few, validation, damping: 0.5 }
    const direct = await lastLayerInfluence({ ...options, solver: directSolve() })
    expectAllClose(
      [...(await lastLayerInfluence({ ...options, solver: lissa({ depth: 2000 }) }))],
      [...direct],
      { relative: 1e-8, absolute: 1e-12 },
    )
  })

  it('LiSSA says when its series diverges', async () => {
    await expect(influence(lissa({ depth: 5000, scale: 0.001 }))).rejects.toThrow(
      'lissa: the series must converge',
    )
  })

  it('K-FAC is exact up to its damping where all examples have one prediction', async () => {
    // H = A kron G then; factored damping is not damping, so both are made small.
    const same = { ...train, logits: tableOf(Array.from({ length: 900 }, () => [1, 0, 0.5, -1, 0, 0.2])) }
    const options = { ...same, damping: 1e-9 }
    // The direction in which H is singular has no gradient: p - y sums to zero.
    const direct = await selfInfluence(options)
    const factored = await selfInfluence({ ...options, solver: kroneckerHessian() })
    expect(distance([...factored], [...direct])).toBeLessThan(1e-3)
  })

  it('approximations keep some of the order', async () => {
    const direct = await influence(directSolve())
    for (const solver of [kroneckerHessian(), diagonalHessian(), identityHessian()]) {
      const found = await influence(solver)
      const sum = found.reduce((total, value, row) => total + value * direct[row]!, 0)
      expect(sum / Math.hypot(...found) / Math.hypot(...direct), solver.name).toBeGreaterThan(0.7)
    }
  })

  it('refuse options out of range', () => {
    expect(() => conjugateGradient({ tolerance: 0 })).toThrow(
      'conjugateGradient: tolerance must be a finite number > 0',
    )
    expect(() => conjugateGradient({ iterations: 1.5 })).toThrow(
      'iterations must be a whole number >= 1, got 1.5',
    )
    expect(() => lissa({ depth: 0 })).toThrow('lissa: depth must be a whole number >= 1, got 0')
    expect(() => lissa({ scale: -1 })).toThrow('lissa: scale must be a finite number > 0, got -1')
  })

  it('directSolve refuses a layer that is too large', async () => {
    const wide = randomProblem({ examples: 4, classes: 3, width: 1700, seed: 2 })
    await expect(
      lastLayerInfluence({ ...wide.train, validation: wide.validation, solver: directSolve() }),
    ).rejects.toThrow(
      'directSolve: the last layer must have at most 5000 weights, got 5103\n  use conjugateGradient()',
    )
  })
})

describe('factorCholesky', () => {
  it('factors and solves by hand', () => {
    // [[4, 2], [2, 5]] = L L^T with L = [[2, 0], [1, 2]]; the solution of [8, 12] is [1, 2].
    const matrix = Float64Array.of(4, 0, 2, 5)
    factorCholesky(matrix, 2)
    expect([...matrix]).toEqual([2, 0, 1, 2])
    const vector = Float64Array.of(8, 12)
    solveCholesky(matrix, 2, vector)
    expect([...vector]).toEqual([1, 2])
  })

  it('names a matrix that is not positive definite', () => {
    expect(() => factorCholesky(Float64Array.of(1, 0, 1, 1), 2)).toThrow(
      'factorCholesky: matrix must be positive definite, got pivot 0 in row 1\n  raise damping',
    )
  })
})
