import { InvalidArgumentError } from '@kd/core'
import type { LastLayerHessian } from '../last-layer/last-layer-hessian.js'
import { factorCholesky, solveCholesky } from './cholesky.js'
import type { HessianSolver } from './hessian-solver.js'

/** The most weights: with more, the matrix would take more than 200 MB, and minutes to factor. */
const MOST_WEIGHTS = 5000

/**
 * Forms the whole Hessian and factors it (Cholesky), for at most 5000 weights C (D + 1). It is the reference for all other solvers. Memory grows with the square of that number and time with its cube.
 *
 * @returns a solver named `direct`
 *
 * @example
 * ```ts
 * import { directSolve } from '@kd/selection'
 *
 * console.log(directSolve().name) // direct
 * ```
 */
export function directSolve(): HessianSolver {
  return {
    name: 'direct',
    async prepare(hessian) {
      const size = hessian.classes * hessian.inputs
      if (size > MOST_WEIGHTS) {
        throw new InvalidArgumentError(
          `directSolve: the last layer must have at most ${MOST_WEIGHTS} weights, got ${size}`,
          { hint: 'use conjugateGradient() for one gradient, kroneckerHessian() for one per example' },
        )
      }
      const matrix = await lowerTriangle(hessian, size)
      factorCholesky(matrix, size)
      return async (gradient) => {
        const solution = gradient.slice()
        solveCholesky(matrix, size, solution)
        return solution
      }
    },
  }
}

async function lowerTriangle(hessian: LastLayerHessian, size: number): Promise<Float64Array> {
  const { classes, inputs: width, count, damping } = hessian
  const matrix = new Float64Array(size * size)
  await hessian.forEachBlock(({ inputs: { values: x }, probabilities: { values: p }, count: rows }) => {
    for (let row = 0; row < rows; row++) {
      for (let first = 0; first < classes; first++) {
        const ofFirst = p[row * classes + first]!
        for (let second = 0; second <= first; second++) {
          const curvature = ofFirst * (Number(first === second) - p[row * classes + second]!)
          for (let k = 0; k < width; k++) {
            const weight = (curvature * x[row * width + k]!) / count
            const to = (first * width + k) * size + second * width
            const last = first === second ? k : width - 1
            for (let l = 0; l <= last; l++) matrix[to + l]! += weight * x[row * width + l]!
          }
        }
      }
    }
  })
  for (let index = 0; index < size; index++) matrix[index * size + index]! += damping
  return matrix
}
