import { assertPositive, KdError } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { dot } from '../last-layer/matrix-products.js'
import { DEFAULT_DAMPING } from '../last-layer/prepare-last-layer.js'
import { networkDerivatives, type NetworkDerivatives } from '../network/network-derivatives.js'
import { seenByNetwork, type NetworkExamples, type SeenByNetwork } from '../network/network-examples.js'
import type { ConjugateGradientReport } from '../solvers/conjugate-gradient.js'
import { preconditionedDescent } from '../solvers/preconditioned-descent.js'

/** Options of {@link wholeNetworkInfluence}. */
export interface WholeNetworkInfluenceOptions extends NetworkExamples {
  /** A network from inputs to logits [N, C], which is run in inference mode. Its weights are changed in between and put back. */
  readonly model: LayersModel
  /** The held-out examples, whose loss is looked at. */
  readonly validation: NetworkExamples
  /**
   * What is added to the curvature's diagonal, > 0.
   * @defaultValue 0.01
   */
  readonly damping?: number
  /**
   * `'gauss-newton'`: J^T (diag(p) - p p^T) J, never negative. `'hessian'`: the Hessian of the loss, which away from a minimum may be
   * indefinite, so that it wants more damping.
   * @defaultValue 'gauss-newton'
   */
  readonly curvature?: 'gauss-newton' | 'hessian'
  /**
   * The relative residual that the conjugate gradients must reach, > 0; differences in float32 hardly allow a smaller one than the
   * default.
   * @defaultValue 1e-3
   */
  readonly tolerance?: number
  /**
   * The most iterations, >= 1; it is an error when the residual is still larger after them.
   * @defaultValue 200
   */
  readonly iterations?: number
  /**
   * How many rows the network is run over at a time.
   * @defaultValue 256
   */
  readonly batchSize?: number
  /** Called after each iteration. */
  readonly onIteration?: (report: ConjugateGradientReport) => void
}

/**
 * Influence of each training example on the held-out loss through all trainable weights of a small network:
 *
 *     influence_i = mean_v g_v^T (H + damping I)^-1 g_i
 *
 * It checks {@link lastLayerInfluence}, which takes the last layer alone. Products with H are differences of gradients (or, for
 * Gauss-Newton, of logits) at weights that are moved by 3 thousandths of their length to either side, because nested gradients are wrong
 * in TensorFlow.js. So scores are right to some thousandths of the largest one. Each iteration costs about two passes over the training
 * examples, forward and back.
 *
 * @param options - see {@link WholeNetworkInfluenceOptions}
 * @returns [N] in nats, higher = keep
 * @throws {@link InvalidArgumentError} when an option or a label is out of range, or the network gives NaN
 * @throws {@link ShapeError} when the model does not lead from one input to logits [N, C], or there are no rows
 * @throws {@link KdError} when the damped Hessian is indefinite, or the residual does not become small enough
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { selectEngine } from '@kd/core'
 * import { mlp } from '@kd/models'
 * import { wholeNetworkInfluence } from '@kd/selection'
 *
 * await selectEngine('cpu')
 * const examples = { inputs: tf.tensor2d([[-1], [1], [1]]), labels: [0, 1, 0] }
 * const model = mlp({ inputShape: [1], hiddenUnits: [4], classes: 2, seed: 1 })
 * const influence = await wholeNetworkInfluence({ ...examples, model, validation: examples, damping: 0.1 })
 * console.log(influence.length) // 3
 * ```
 *
 * @see Koh, Liang: Understanding Black-box Predictions via Influence Functions, ICML 2017; the differences are our choice
 */
export async function wholeNetworkInfluence(options: WholeNetworkInfluenceOptions): Promise<Float64Array> {
  const { model, validation, batchSize = 256, damping = DEFAULT_DAMPING } = options
  assertPositive(damping, 'damping', 'wholeNetworkInfluence')
  assertPositive(batchSize, 'batchSize', 'wholeNetworkInfluence')
  const train = await seenByNetwork(model, options, batchSize, '')
  const held = await seenByNetwork(model, validation, batchSize, 'validation.')
  const derivatives = await networkDerivatives(model, batchSize)
  const heldOutGradient = await meanGradient(derivatives, held)
  const solution = await solve(derivatives, train, heldOutGradient, { ...options, damping })
  const slopes = await derivatives.pushForward(train.inputs, solution)
  const scores = new Float64Array(train.count)
  for (let index = 0; index < slopes.length; index++)
    scores[Math.floor(index / train.classes)]! += train.residuals[index]! * slopes[index]!
  return scores
}

async function solve(
  derivatives: NetworkDerivatives,
  train: SeenByNetwork,
  right: Float64Array,
  options: WholeNetworkInfluenceOptions & { readonly damping: number },
): Promise<Float64Array> {
  const { model, curvature = 'gauss-newton', tolerance = 1e-3, iterations = 200, batchSize = 256 } = options
  assertPositive(tolerance, 'tolerance', 'wholeNetworkInfluence')
  const norm = Math.sqrt(dot(right, right))
  if (norm === 0) return right
  const multiply =
    curvature === 'gauss-newton'
      ? (direction: Float64Array) => gaussNewtonProduct(derivatives, train, direction)
      : (direction: Float64Array) =>
          derivatives.difference(direction, async () => {
            const moved = await seenByNetwork(model, options, batchSize, '')
            return meanGradient(derivatives, moved)
          })
  let iteration = 0
  let residual = 1
  const { solution, end } = await preconditionedDescent(right, {
    async product(direction) {
      const image = await multiply(direction)
      return image.map((value, index) => value + options.damping * direction[index]!)
    },
    precondition: async (rest) => rest.slice(),
    target: tolerance * norm,
    iterations,
    onIteration(length) {
      residual = length / norm
      options.onIteration?.({ iteration: ++iteration, residual })
    },
  })
  if (end === 'target') return solution
  if (end === 'curvature') {
    throw new KdError(
      `wholeNetworkInfluence: the damped ${curvature} matrix must be positive definite, got a direction of negative curvature`,
      { hint: "raise damping, or take curvature: 'gauss-newton'" },
    )
  }
  throw new KdError(
    `wholeNetworkInfluence: residual must reach ${tolerance} in ${iterations} iterations, got ${residual.toPrecision(3)}`,
    { hint: 'raise damping, allow more iterations, or be content with a larger tolerance' },
  )
}

/** Computes mean_i J_i^T (p_i - y_i). */
async function meanGradient(
  derivatives: NetworkDerivatives,
  { inputs, residuals, count }: SeenByNetwork,
): Promise<Float64Array> {
  const sum = await derivatives.pullBack(inputs, residuals)
  return sum.map((value) => value / count)
}

/** Computes mean_i J_i^T (diag(p_i) - p_i p_i^T) J_i direction. */
async function gaussNewtonProduct(
  derivatives: NetworkDerivatives,
  { inputs, probabilities, classes, count }: SeenByNetwork,
  direction: Float64Array,
): Promise<Float64Array> {
  const slopes = await derivatives.pushForward(inputs, direction)
  for (let start = 0; start < slopes.length; start += classes) {
    let mean = 0
    for (let j = start; j < start + classes; j++) mean += probabilities[j]! * slopes[j]!
    for (let j = start; j < start + classes; j++) slopes[j] = probabilities[j]! * (slopes[j]! - mean)
  }
  const sum = await derivatives.pullBack(inputs, slopes)
  return sum.map((value) => value / count)
}
