import { assertPositive, InvalidArgumentError } from '@kd/core'
import type { LastLayerExamples } from '../examples/last-layer-examples.js'
import { identityHessian } from '../solvers/hessian-solver.js'
import { lastLayerInfluence } from './last-layer-influence.js'

/** The model at one time of its training, see {@link tracIn}. */
export interface Checkpoint extends LastLayerExamples {
  /** The held-out examples as this checkpoint sees them. */
  readonly validation: LastLayerExamples
  /** The learning rate of the steps around this checkpoint, > 0. */
  readonly learningRate: number
}

/** Options of {@link tracIn}. */
export interface TracInOptions {
  /** At least one checkpoint, each with the same examples in the same order. An async iterable lets each be freed before the next. */
  readonly checkpoints: Iterable<Checkpoint> | AsyncIterable<Checkpoint>
  /** The temperature of the loss where `teacherLogits` are given, > 0. @defaultValue 4 */
  readonly temperature?: number
}

/**
 * How much training on an example lowered the held-out loss, summed over checkpoints:
 *
 *     score_i = sum_k learningRate_k * g_i(k) . mean_v g_v(k)
 *
 * The gradients g are those of the last layer. There is no Hessian in it.
 *
 * @param options - see {@link TracInOptions}
 * @returns [N] higher = keep
 * @throws as {@link lastLayerInfluence}; {@link InvalidArgumentError} when there is no checkpoint or they differ in length
 *
 * @example
 * ```ts
 * import { tracIn } from '@kd/selection'
 *
 * const table = (...values: number[]) => ({ values: Float32Array.from(values), shape: [2, values.length / 2] as const })
 * const examples = { features: table(-1, 1), labels: [0, 1] }
 * const early = { ...examples, logits: table(0, 0, 0, 0) }
 * const late = { ...examples, logits: table(1, -1, -1, 1) }
 * const scores = await tracIn({
 *   checkpoints: [early, late].map((seen) => ({ ...seen, validation: seen, learningRate: 0.1 })),
 * })
 * console.log(scores.every((score) => score > 0)) // true
 * ```
 *
 * @see Pruthi et al.: Estimating Training Data Influence by Tracing Gradient Descent, NeurIPS 2020
 */
export async function tracIn({ checkpoints, temperature = 4 }: TracInOptions): Promise<Float64Array> {
  let sums: Float64Array | undefined
  for await (const { learningRate, ...examples } of checkpoints) {
    assertPositive(learningRate, 'learningRate', 'tracIn')
    const products = await lastLayerInfluence({ ...examples, temperature, solver: identityHessian() })
    sums ??= new Float64Array(products.length)
    if (sums.length !== products.length) {
      throw new InvalidArgumentError(
        `tracIn: checkpoints must have the same examples, got ${sums.length} and ${products.length}`,
      )
    }
    for (const [row, product] of products.entries()) sums[row]! += learningRate * product
  }
  if (sums === undefined) throw new InvalidArgumentError('tracIn: checkpoints must be at least one, got none')
  return sums
}
