import { dot } from '../last-layer/matrix-products.js'
import type { SolveHessian } from './hessian-solver.js'

/** Which system {@link preconditionedDescent} solves, and when it stops. */
export interface DescentOptions {
  /** Multiplies the symmetric matrix by a vector. */
  readonly product: (direction: Float64Array) => Promise<Float64Array>
  /** Multiplies a vector by an approximate inverse of the matrix, which is symmetric and positive definite. */
  readonly precondition: SolveHessian
  /** The length of the residual at which it stops. */
  readonly target: number
  /** After how many products it stops at the latest. */
  readonly iterations: number
  /** Called after each product with the length of the residual. */
  readonly onIteration: (length: number) => void
}

/** What {@link preconditionedDescent} gives back. */
export interface Descent {
  readonly solution: Float64Array
  /** right - matrix solution, as the recurrence computes it. */
  readonly rest: Float64Array
  /** Why it stopped; `'curvature'`: the matrix is not positive definite, or a number is not finite. */
  readonly end: 'target' | 'iterations' | 'curvature'
}

/**
 * Solves matrix x = right by conjugate gradients from zero, until a target is reached.
 *
 * @param right - the right side
 * @param options - see {@link DescentOptions}
 * @returns see {@link Descent}
 */
export async function preconditionedDescent(
  right: Float64Array,
  { product, precondition, target, iterations, onIteration }: DescentOptions,
): Promise<Descent> {
  const solution = new Float64Array(right.length)
  const rest = right.slice()
  const direction = await precondition(rest)
  let progress = dot(rest, direction)
  for (let iteration = 1; iteration <= iterations; iteration++) {
    const image = await product(direction)
    const curvature = dot(direction, image)
    if (!(curvature > 0 && Number.isFinite(progress / curvature))) return { solution, rest, end: 'curvature' }
    const step = progress / curvature
    for (let index = 0; index < solution.length; index++) {
      solution[index]! += step * direction[index]!
      rest[index]! -= step * image[index]!
    }
    const length = Math.sqrt(dot(rest, rest))
    onIteration(length)
    if (length <= target) return { solution, rest, end: 'target' }
    const preconditioned = await precondition(rest)
    const next = dot(rest, preconditioned)
    for (let index = 0; index < direction.length; index++)
      direction[index] = preconditioned[index]! + (next / progress) * direction[index]!
    progress = next
  }
  return { solution, rest, end: 'iterations' }
}
