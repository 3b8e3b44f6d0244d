import type { LastLayerExamples } from '../examples/last-layer-examples.js'
import { dot } from '../last-layer/matrix-products.js'
import { prepareLastLayer, type CurvatureOptions } from '../last-layer/prepare-last-layer.js'
import { directSolve } from '../solvers/direct-solve.js'
import type { HessianSolver } from '../solvers/hessian-solver.js'

/** Options of scores that divide each example's own gradient by the Hessian. */
export interface OwnGradientOptions extends LastLayerExamples, CurvatureOptions {
  /**
   * Divides by the Hessian, once per example. `directSolve()` is exact and meant for small layers, `kroneckerHessian()` for large ones.
   * `conjugateGradient()` costs some passes over all examples for each example.
   */
  readonly solver: HessianSolver
}

/** Options of {@link selfInfluence}. */
export type SelfInfluenceOptions = Omit<OwnGradientOptions, 'solver'> &
  Partial<Pick<OwnGradientOptions, 'solver'>>

/**
 * Influence of each training example on its own loss: how much that loss would rise if the example were left out.
 *
 *     score_i = g_i^T (H + damping I)^-1 g_i
 *
 * As in {@link lastLayerInfluence}, gradient and Hessian are those of the last layer. A high score marks an example that is memorised,
 * atypical or mislabelled; `selectTop(scores, { fraction, keep: 'lowest' })` keeps the others.
 *
 * @param options - examples, damping, temperature, and a solver (default `directSolve()`, for at most 5000 weights)
 * @returns [N] >= 0, in nats
 * @throws as {@link lastLayerInfluence}
 *
 * @example
 * ```ts
 * import { kroneckerHessian, selfInfluence } from '@kd/selection'
 *
 * const scores = await selfInfluence({
 *   features: { values: Float32Array.of(-1, 1, 1), shape: [3, 1] },
 *   logits: { values: Float32Array.of(1, -1, -1, 1, -1, 1), shape: [3, 2] },
 *   labels: [0, 1, 0], // the last one is wrong
 *   solver: kroneckerHessian(),
 * })
 * console.log(scores.indexOf(Math.max(...scores))) // 2
 * ```
 *
 * @see Koh, Liang: Understanding Black-box Predictions via Influence Functions, ICML 2017, section 5.4
 */
export async function selfInfluence(options: SelfInfluenceOptions): Promise<Float64Array> {
  return gradientSolutions({ solver: directSolve(), ...options }, 'selfInfluence', dot)
}

/**
 * How far leaving an example out would move the last layer's weights, times N:
 *
 *     score_i = |(H + damping I)^-1 g_i|
 *
 * Dataset pruning leaves out the examples with the lowest scores, without which the model stays nearly the same.
 *
 * @param options - examples, damping, temperature, and a solver (default `directSolve()`, for at most 5000 weights)
 * @returns [N] >= 0
 * @throws as {@link lastLayerInfluence}
 *
 * @example
 * ```ts
 * import { parameterInfluence } from '@kd/selection'
 *
 * const scores = await parameterInfluence({
 *   features: { values: Float32Array.of(-1, 1, 3), shape: [3, 1] },
 *   logits: { values: Float32Array.of(1, -1, -1, 1, -3, 3), shape: [3, 2] },
 *   labels: [0, 1, 1],
 * })
 * console.log(scores.indexOf(Math.min(...scores))) // 2
 * ```
 *
 * @see Yang et al.: Dataset Pruning: Reducing Training Data by Examining Generalization Influence, ICLR 2023. That only the
 * last layer is looked at is our choice; which approximation of H^-1 the paper takes for deep networks we did not read.
 */
export async function parameterInfluence(options: SelfInfluenceOptions): Promise<Float64Array> {
  return gradientSolutions({ solver: directSolve(), ...options }, 'parameterInfluence', (_, solution) =>
    Math.sqrt(dot(solution, solution)),
  )
}

/**
 * Computes a number for each example from its gradient g and from (H + damping I)^-1 g, both [C, D + 1].
 *
 * @param options - examples, damping and solver
 * @param functionName - the function that was called, for messages
 * @param score - computes the number; the next example overwrites the arrays
 * @returns [N]
 */
export async function gradientSolutions(
  options: OwnGradientOptions,
  functionName: string,
  score: (gradient: Float64Array, solution: Float64Array) => number,
): Promise<Float64Array> {
  const { forEachBlock, summary, hessian } = await prepareLastLayer(options, options, functionName)
  const solve = await options.solver.prepare(hessian)
  const { classes, inputs: width } = summary
  const scores = new Float64Array(summary.count)
  const gradient = new Float64Array(classes * width)
  await forEachBlock(async ({ first, count, inputs, residuals }) => {
    for (let row = 0; row < count; row++) {
      for (let label = 0; label < classes; label++) {
        const slope = residuals.values[row * classes + label]!
        for (let k = 0; k < width; k++) gradient[label * width + k] = slope * inputs.values[row * width + k]!
      }
      scores[first + row] = score(gradient, await solve(gradient))
    }
  })
  return scores
}
