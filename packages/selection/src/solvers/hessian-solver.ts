import type { LastLayerHessian } from '../last-layer/last-layer-hessian.js'

/** From a gradient [C, D + 1] to (H + damping I)^-1 times it, or what a solver takes for it. */
export type SolveHessian = (gradient: Float64Array) => Promise<Float64Array>

/** A way to divide by the Hessian of the last layer. */
export interface HessianSolver {
  /** Kebab-case, for reports. */
  readonly name: string
  /** Does what is needed once for all gradients. */
  prepare(hessian: LastLayerHessian): Promise<SolveHessian>
}

/**
 * Takes the Hessian for the identity: influence becomes the dot product of two gradients, as in TracIn at one checkpoint.
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
 * Divides by the diagonal of the Hessian: (1/N) sum_i p_ic (1 - p_ic) x_id^2 + damping. One pass, no iterations; what
 * one weight has to do with another is left out.
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

/** [C, D + 1] the diagonal of H + damping I. */
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
