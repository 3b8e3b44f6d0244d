import { assertPositive, InvalidArgumentError, KdError } from '@kd/core'
import { addBlockProduct } from '../last-layer/last-layer-hessian.js'
import type { LastLayerHessian } from '../last-layer/last-layer-hessian.js'
import type { HessianSolver } from './hessian-solver.js'

/** Options of {@link lissa}. */
export interface LissaOptions {
  /**
   * How many terms of the series are summed, >= 1.
   * @defaultValue 2000
   */
  readonly depth?: number
  /**
   * The number > 0 that the Hessian is divided by so that its largest eigenvalue is below 1.
   * @defaultValue half the largest squared length of an input (with its 1), plus the damping, which suffices for every block
   */
  readonly scale?: number
}

/**
 * Divides by the Hessian with a truncated stochastic series (LiSSA):
 *
 *     s_0 = gradient,   s_{k+1} = gradient + s_k - (H_k + damping I) s_k / scale,   result = s_depth / scale
 *
 * H_k is the Hessian of one block of 256 examples, in the order in which the examples come; examples that are sorted by class give a
 * biased result. Where the loss is flat, the error after k terms shrinks as (1 - damping / scale)^k, so that a small damping needs a
 * great depth. Conjugate gradients are the better choice wherever they converge.
 *
 * @param options - see {@link LissaOptions}
 * @returns a solver named `lissa`
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { lissa } from '@kd/selection'
 *
 * console.log(lissa({ depth: 500 }).name) // lissa
 * ```
 *
 * @see Agarwal, Bullins, Hazan: Second-Order Stochastic Optimization for Machine Learning in Linear Time, JMLR 2017; Koh, Liang:
 * Understanding Black-box Predictions via Influence Functions, ICML 2017
 */
export function lissa({ depth = 2000, scale }: LissaOptions = {}): HessianSolver {
  if (!Number.isInteger(depth) || depth < 1)
    throw new InvalidArgumentError(`lissa: depth must be a whole number >= 1, got ${depth}`)
  if (scale !== undefined) assertPositive(scale, 'scale', 'lissa')
  return {
    name: 'lissa',
    async prepare(hessian) {
      const divisor = scale ?? (await safeScale(hessian))
      return async (gradient) => {
        const sum = gradient.slice()
        const image = new Float64Array(gradient.length)
        let scores = new Float64Array(0)
        let terms = 0
        while (terms < depth) {
          await hessian.forEachBlock((block) => {
            if (terms++ >= depth) return
            const { length } = block.probabilities.values
            if (scores.length < length) scores = new Float64Array(length)
            image.fill(0)
            addBlockProduct(block, sum, scores, image)
            for (let index = 0; index < sum.length; index++) {
              const product = image[index]! / block.count + hessian.damping * sum[index]!
              sum[index] = gradient[index]! + sum[index]! - product / divisor
            }
          })
        }
        if (!sum.every(Number.isFinite)) {
          throw new KdError(
            `lissa: the series must converge, got ${sum.find((value) => !Number.isFinite(value))}`,
            {
              hint: 'leave scale out, or raise it above the largest eigenvalue of the Hessian of any block',
            },
          )
        }
        return sum.map((value) => value / divisor)
      }
    },
  }
}

/** Finds a scale that suffices for every block, because no eigenvalue of diag(p) - p p^T is above 1/2. */
async function safeScale({ inputs: width, damping, forEachBlock }: LastLayerHessian): Promise<number> {
  let largest = 0
  await forEachBlock(({ inputs: { values }, count }) => {
    for (let row = 0; row < count; row++) {
      let square = 0
      for (let k = row * width; k < (row + 1) * width; k++) square += values[k]! ** 2
      largest = Math.max(largest, square)
    }
  })
  return largest / 2 + damping
}
