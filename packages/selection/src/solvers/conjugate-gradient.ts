import { assertPositive, InvalidArgumentError, KdError } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LastLayerHessian } from '../last-layer/last-layer-hessian.js'
import { dot } from '../last-layer/matrix-products.js'
import type { HessianSolver, SolveHessian } from './hessian-solver.js'
import { perClassHessian } from './per-class-hessian.js'
import { preconditionedDescent } from './preconditioned-descent.js'

/** Engines on which a float32 product takes longer than a float64 product in JavaScript. */
const SLOW_ENGINES = ['cpu', 'wasm']
/** The factor by which float32 products reduce the residual before it is computed again in float64. */
const ENGINE_TOLERANCE = 1e-4

/** The state of a solution by conjugate gradients. */
export interface ConjugateGradientReport {
  /** The number of the iteration, from 1; each is one pass over the examples. */
  readonly iteration: number
  /** |gradient - (H + damping I) solution| / |gradient|; after a float32 product an estimate of it. */
  readonly residual: number
}

/** Options of {@link conjugateGradient}. */
export interface ConjugateGradientOptions {
  /**
   * The relative residual at which the solution is accurate enough, > 0.
   * @defaultValue 1e-7
   */
  readonly tolerance?: number
  /**
   * The most iterations, >= 1; it is an error when the solution is not accurate enough after them.
   * @defaultValue 200
   */
  readonly iterations?: number
  /**
   * Whether most products are float32 ones on the engine. The residual is then computed again in float64 whenever it has
   * become 10^4 times smaller, so that the solution is as accurate; where float32 does not reduce it any more, the rest is done in float64.
   * @defaultValue true, except on the engines cpu and wasm, where it would be slower
   */
  readonly engineProducts?: boolean
  /** Called after each iteration. */
  readonly onIteration?: (report: ConjugateGradientReport) => void
}

/**
 * Divides by the Hessian with conjugate gradients. The result is exact up to the tolerance; each iteration takes one pass over the
 * examples, and memory is needed for a few vectors. The preconditioner is the Hessian's block of each class, made from a sample.
 *
 * @param options - see {@link ConjugateGradientOptions}
 * @returns a solver named `conjugate-gradient`; it throws a {@link KdError} when it does not converge
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { conjugateGradient } from '@kd/selection'
 *
 * console.log(conjugateGradient({ tolerance: 1e-6 }).name) // conjugate-gradient
 * ```
 *
 * @see Hestenes, Stiefel: Methods of Conjugate Gradients for Solving Linear Systems, 1952; the preconditioner is our choice
 */
export function conjugateGradient({
  tolerance = 1e-7,
  iterations = 200,
  engineProducts,
  onIteration,
}: ConjugateGradientOptions = {}): HessianSolver {
  assertPositive(tolerance, 'tolerance', 'conjugateGradient')
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new InvalidArgumentError(
      `conjugateGradient: iterations must be a whole number >= 1, got ${iterations}`,
    )
  }
  return {
    name: 'conjugate-gradient',
    async prepare(hessian) {
      // Before an engine was chosen there is no backend, whatever the type says; the scores do not need one.
      const engine = tf.getBackend() as string | undefined
      const onEngine = engineProducts ?? (engine !== undefined && !SLOW_ENGINES.includes(engine))
      const precondition = await perClassHessian(hessian, onEngine)
      return (gradient) =>
        solve({ hessian, precondition, tolerance, iterations, onEngine, onIteration }, gradient)
    },
  }
}

interface Solving {
  readonly hessian: LastLayerHessian
  readonly precondition: SolveHessian
  readonly tolerance: number
  readonly iterations: number
  readonly onEngine: boolean
  readonly onIteration: ConjugateGradientOptions['onIteration']
}

async function solve(
  { hessian, precondition, tolerance, iterations, onEngine, onIteration }: Solving,
  gradient: Float64Array,
): Promise<Float64Array> {
  const norm = length(gradient)
  const target = tolerance * norm
  let solution = new Float64Array(gradient.length)
  let rest = gradient
  let inFloat32 = onEngine
  let iteration = 0
  const report = (size: number): void => onIteration?.({ iteration: ++iteration, residual: size / norm })
  while (length(rest) > target && iteration < iterations) {
    const size = length(rest)
    const descent = await preconditionedDescent(rest, {
      product: (direction) => (inFloat32 ? hessian.engineProduct(direction) : hessian.product(direction)),
      precondition,
      target: inFloat32 ? Math.max(ENGINE_TOLERANCE * size, target / 2) : target,
      iterations: inFloat32 ? Math.ceil((iterations - iteration) / 2) : iterations - iteration,
      onIteration: report,
    })
    const next = solution.map((value, index) => value + descent.solution[index]!)
    if (!inFloat32) {
      if (descent.end === 'target') return next
      throw notConverged(tolerance, iterations, length(descent.rest) / norm)
    }
    const image = await hessian.product(next)
    const nextRest = gradient.map((value, index) => value - image[index]!)
    report(length(nextRest))
    // Where float32 brings the residual no further, or spoils it, the rest is done in float64.
    inFloat32 = length(nextRest) < size / 10
    if (length(nextRest) < size) [solution, rest] = [next, nextRest]
  }
  if (length(rest) <= target) return solution
  throw notConverged(tolerance, iterations, length(rest) / norm)
}

const length = (vector: Float64Array): number => Math.sqrt(dot(vector, vector))

function notConverged(tolerance: number, iterations: number, residual: number): KdError {
  return new KdError(
    `conjugateGradient: residual must reach ${tolerance} in ${iterations} iterations, got ${residual.toPrecision(3)}`,
    { hint: 'raise damping, allow more iterations, or be content with a larger tolerance' },
  )
}
