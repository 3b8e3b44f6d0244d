import { InvalidArgumentError } from '@kd/core'
import { dot } from '../last-layer/matrix-products.js'
import { directSolve } from '../solvers/direct-solve.js'
import { gradientSolutions, type SelfInfluenceOptions } from './own-gradient-influence.js'

/** The most numbers that are kept for all solutions together: 1 GiB. */
const MOST_NUMBERS = 2 ** 27

/**
 * Gives the order in which examples can be left out as a group so that the last layer's weights move least. At each step the example is
 * left out with which
 *
 *     | sum over all examples left out of (H + damping I)^-1 g_i |
 *
 * becomes smallest. The score is an example's place in that order, so that `selectTop(scores, { fraction })` keeps all but a greedily
 * chosen group. Unlike {@link parameterInfluence} it takes into account that two examples which move the weights in opposite directions
 * can be left out together.
 *
 * Time grows with N^2 C (D + 1) and memory with N C (D + 1), which allows some thousand examples.
 *
 * @param options - examples, damping, temperature, and a solver (default `directSolve()`, for at most 5000 weights)
 * @returns [N] each whole number from 0, left out first, to N - 1; higher = keep
 * @throws as {@link lastLayerInfluence}; {@link InvalidArgumentError} when N C (D + 1) is above 2^27
 *
 * @example
 * ```ts
 * import { groupParameterInfluence, selectTop } from '@kd/selection'
 *
 * const order = await groupParameterInfluence({
 *   features: { values: Float32Array.of(-1, 1, 3), shape: [3, 1] },
 *   logits: { values: Float32Array.of(1, -1, -1, 1, -3, 3), shape: [3, 2] },
 *   labels: [0, 1, 1],
 * })
 * console.log(selectTop(order, { fraction: 0.7 }).join()) // 1,1,0
 * ```
 *
 * @see Yang et al.: Dataset Pruning: Reducing Training Data by Examining Generalization Influence, ICLR 2023, for the constraint on the
 * group's sum, a discrete optimisation there. That it is solved greedily, and through the last layer only, is our choice.
 */
export async function groupParameterInfluence(options: SelfInfluenceOptions): Promise<Float64Array> {
  const solutions: Float64Array[] = []
  let numbers = 0
  await gradientSolutions({ solver: directSolve(), ...options }, 'groupParameterInfluence', (_, solution) => {
    numbers += solution.length
    if (numbers > MOST_NUMBERS) {
      throw new InvalidArgumentError(
        `groupParameterInfluence: examples must have at most ${MOST_NUMBERS} gradient entries together, got more by row ${solutions.length}`,
        { hint: 'score a sample, or take parameterInfluence, which judges each example by itself' },
      )
    }
    return solutions.push(solution.slice())
  })
  return greedyOrder(solutions)
}

function greedyOrder(solutions: readonly Float64Array[]): Float64Array {
  const lengths = solutions.map((solution) => dot(solution, solution))
  // The dot product of each example's solution with the sum of those left out.
  const products = new Float64Array(solutions.length)
  const places = new Float64Array(solutions.length).fill(-1)
  for (let place = 0; place < solutions.length; place++) {
    let best = -1
    let least = Infinity
    for (let row = 0; row < solutions.length; row++) {
      const growth = 2 * products[row]! + lengths[row]!
      if (places[row] !== -1 || growth >= least) continue
      best = row
      least = growth
    }
    places[best] = place
    for (let row = 0; row < solutions.length; row++)
      if (places[row] === -1) products[row]! += dot(solutions[row]!, solutions[best]!)
  }
  return places
}
