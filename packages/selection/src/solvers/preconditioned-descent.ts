import { dot } from '../last-layer/matrix-products.js'
import type { SolveHessian } from './hessian-solver.js'

/** What {@link preconditionedDescent} solves, and when it stops. */
export interface DescentOptions {
  /** A symmetric matrix times a vector. */
  readonly product: (direction: Float64Array) => Promise<Float64Array>
  /** Near the inverse of the matrix, symmetric and positive definite. */
  readonly precondition: SolveHessian
  /** Stop when the residual's length is at most this. */
  readonly target: number
  /** Stop after so many products. */
  readonly iterations: number
  /** Told the residual's length after each product. */
  readonly onIteration: (length: number) => void
}

/** How far {@link preconditionedDescent} came. */
export interface Descent {
  readonly solution: Float64Array
  /** right - matrix solution, as the recurrence has it. */
  readonly rest: Float64Array
  /** Why it stopped; `'curvature'`: the matrix is not positive definite, or a number is not finite. */
  readonly end: 'target' | 'iterations' | 'curvature'
}

/**
 * Conjugate gradients from zero: solves matrix x = right as far as asked.
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
