import { assertPositive, InvalidArgumentError, KdError } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LastLayerHessian } from '../last-layer/last-layer-hessian.js'
import { dot } from '../last-layer/matrix-products.js'
import type { HessianSolver, SolveHessian } from './hessian-solver.js'
import { perClassHessian } from './per-class-hessian.js'
import { preconditionedDescent } from './preconditioned-descent.js'

/** Engines on which a float32 product takes longer than one in float64 in JavaScript. */
const SLOW_ENGINES = ['cpu', 'wasm']
/** How much smaller the residual gets by float32 products before it is taken anew in float64. */
const ENGINE_TOLERANCE = 1e-4

/** How far a solution by conjugate gradients is. */
export interface ConjugateGradientReport {
  /** From 1; each is one pass over the examples. */
  readonly iteration: number
  /** |gradient - (H + damping I) solution| / |gradient|; after a float32 product, what it seems to be. */
  readonly residual: number
}

/** Options of {@link conjugateGradient}. */
export interface ConjugateGradientOptions {
  /**
   * The relative residual at which the solution is good, > 0.
   * @defaultValue 1e-7
   */
  readonly tolerance?: number
  /**
   * After how many it is an error that it is not yet good, >= 1.
   * @defaultValue 200
   */
  readonly iterations?: number
  /**
   * Whether most products are float32 ones on the engine. Then the residual is taken anew in float64 whenever it has become
   * 10^-4 times as small, so that the solution is as good; where float32 brings it no further, the rest is done in float64.
   * @defaultValue true, but on the engines cpu and wasm, where it would be slower
   */
  readonly engineProducts?: boolean
  /** Told after each iteration. */
  readonly onIteration?: (report: ConjugateGradientReport) => void
}

/**
 * Divides by the Hessian with conjugate gradients: exact up to the tolerance, with one pass over the examples per iteration
 * and memory for a few vectors. Preconditioned by the Hessian's blocks per class, taken from a sample.
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
      // Not typed so, but there is none before an engine was chosen; the scores need none.
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
