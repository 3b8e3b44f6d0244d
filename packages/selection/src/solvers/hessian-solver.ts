import type { LastLayerHessian } from '../last-layer/last-layer-hessian.js'

/** Multiplies a gradient [C, D + 1] by (H + damping I)^-1, or by a solver's approximation of it. */
export type SolveHessian = (gradient: Float64Array) => Promise<Float64Array>

/** A way to divide by the Hessian of the last layer. */
export interface HessianSolver {
  /** The name in kebab-case, for reports. */
  readonly name: string
  /** Does the work that is shared by all gradients. */
  prepare(hessian: LastLayerHessian): Promise<SolveHessian>
}

/**
 * Takes the identity in place of the Hessian: influence becomes the dot product of two gradients, as in TracIn at one checkpoint.
 *
 * @returns a solver named `identity`
 *
 * @example
 * ```ts
 * import { identityHessian } from '@kd/selection'
 *
 * console.log(identityHessian().name) // identity
 * ```
 */
export function identityHessian(): HessianSolver {
  return { name: 'identity', prepare: async () => async (gradient) => gradient.slice() }
}

/**
 * Divides by the diagonal of the Hessian: (1/N) sum_i p_ic (1 - p_ic) x_id^2 + damping. It takes one pass and no iterations, and leaves
 * out how the weights depend on each other.
 *
 * @returns a solver named `diagonal`
 *
 * @example
 * ```ts
 * import { diagonalHessian } from '@kd/selection'
 *
 * console.log(diagonalHessian().name) // diagonal
 * ```
 */
export function diagonalHessian(): HessianSolver {
  return {
    name: 'diagonal',
    async prepare(hessian) {
      const diagonal = await hessianDiagonal(hessian)
      return async (gradient) => gradient.map((value, index) => value / diagonal[index]!)
    },
  }
}

/** Computes [C, D + 1] the diagonal of H + damping I. */
export async function hessianDiagonal(hessian: LastLayerHessian): Promise<Float64Array> {
  const { classes, inputs: width, count, damping } = hessian
  const sums = new Float64Array(classes * width)
  await hessian.forEachBlock(({ inputs, probabilities, count: rows }) => {
    for (let row = 0; row < rows; row++) {
      for (let label = 0; label < classes; label++) {
        const p = probabilities.values[row * classes + label]!
        const weight = p * (1 - p)
        for (let k = 0; k < width; k++)
          sums[label * width + k]! += weight * inputs.values[row * width + k]! ** 2
      }
    }
  })
  return sums.map((sum) => sum / count + damping)
}
