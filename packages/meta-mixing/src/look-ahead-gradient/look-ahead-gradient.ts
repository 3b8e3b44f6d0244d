import * as tf from '@tensorflow/tfjs-core'
import {
  assertPositive,
  crossEntropy,
  InvalidArgumentError,
  ShapeError,
  type EpochStudent,
  type FeatureMap,
} from '@kd/core'

/** What {@link lookAheadGradient} takes: N examples, K loss terms, C classes. */
export interface LookAheadGradientOptions {
  /** The network that takes the step; its variables are moved and put back. */
  readonly student: Pick<EpochStudent, 'variables' | 'forward'>
  /** [N, ...] what it is trained on. */
  readonly inputs: tf.Tensor
  /** K unweighted losses [N] of the examples from their logits [N, C] and the features that the student gives with them. */
  readonly termLosses: (logits: tf.Tensor2D, features: FeatureMap) => readonly tf.Tensor1D[]
  /** What the weights are judged on: [V, ...] inputs and [V] int32 labels. */
  readonly validation: { readonly inputs: tf.Tensor; readonly labels: tf.Tensor1D }
  /** [N, K] the weights at which the gradient is taken. */
  readonly weights: tf.Tensor2D
  /** The learning rate of the step that is looked ahead, > 0. */
  readonly learningRate: number
  /** What the sum over examples is divided by in that step, > 0; N where it follows their mean. */
  readonly batchSize: number
  /**
   * Length of the difference that is taken in the network's variables, > 0.
   * @defaultValue 0.01
   */
  readonly distance?: number
}

/**
 * As {@link mixingGradient}, with a step of the whole network in place of its last layer.
 *
 *     theta' = theta - learningRate / batchSize * sum_i sum_k weights_ik gradient of loss_ik
 *     v      = gradient of L = mean_v CE(student(theta'), label_v)
 *     dL / dweights_ik = -learningRate / batchSize * v . (gradient of loss_ik)
 *                     ~ -learningRate / batchSize * (loss_ik(theta + e v) - loss_ik(theta - e v)) / 2e,   e = distance / |v|
 *
 * A difference of losses stands for the product with each example's own gradient, so that no such gradient is formed: two
 * forward passes are enough for all examples and terms, beside a forward and backward pass over the group and one over
 * the held-out examples. The student runs in inference mode.
 *
 * @param options - see {@link LookAheadGradientOptions}
 * @returns [N, K]; descend it to lower the held-out loss
 * @throws {@link ShapeError} when weights do not have a row for each example and a column for each term
 * @throws {@link InvalidArgumentError} when there is no variable, or a number is out of range
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { crossEntropy, selectEngine } from '@kd/core'
 * import { lookAheadGradient } from '@kd/meta-mixing'
 *
 * await selectEngine('cpu')
 * const kernel = tf.variable(tf.zeros<tf.Rank.R2>([1, 2]))
 * // The first label agrees with the held-out example, the second does not.
 * const labels = tf.tensor1d([0, 1], 'int32')
 * const gradient = lookAheadGradient({
 *   student: {
 *     variables: [kernel],
 *     forward: (inputs) => ({ logits: tf.matMul(inputs as tf.Tensor2D, kernel), features: {} }),
 *   },
 *   inputs: tf.tensor2d([[1], [1]]),
 *   termLosses: (logits) => [crossEntropy(logits, labels)],
 *   validation: { inputs: tf.tensor2d([[1]]), labels: tf.tensor1d([0], 'int32') },
 *   weights: tf.tensor2d([[1], [1]]),
 *   learningRate: 0.1,
 *   batchSize: 2,
 * })
 * const [right, wrong] = gradient.dataSync()
 * console.log(right!.toFixed(3), wrong!.toFixed(3)) // -0.025 0.025
 * ```
 *
 * @see Liu, Simonyan, Yang: DARTS, ICLR 2019, arXiv 1806.09055, section 2.3, for the difference and its length. Taking it of the losses
 * themselves, which gives all weights at once, is ours.
 */
export function lookAheadGradient(options: LookAheadGradientOptions): tf.Tensor2D {
  const { student, inputs, termLosses, validation, weights, learningRate, batchSize } = options
  const { distance = 0.01 } = options
  assertOptions({ ...options, distance })
  const { variables } = student
  const before = variables.map((variable) => tf.clone(variable))
  const moveTo = (steps: readonly tf.Tensor[], factor: tf.Tensor): void => {
    variables.forEach((variable, index) => {
      variable.assign(tf.add(before[index]!, tf.mul(factor, steps[index]!)))
    })
  }
  const losses = (): tf.Tensor2D => {
    const { logits, features } = student.forward(inputs)
    return tf.stack([...termLosses(logits as tf.Tensor2D, features)], 1) as tf.Tensor2D
  }
  const heldOutLoss = (): tf.Scalar => {
    const { logits } = student.forward(validation.inputs)
    return tf.mean(crossEntropy(logits as tf.Tensor2D, validation.labels))
  }
  try {
    return tf.tidy(() => {
      const step = gradients(variables, () => tf.sum(tf.mul(weights, losses())))
      moveTo(step, tf.scalar(-learningRate / batchSize))
      const towards = gradients(variables, heldOutLoss)
      const length = tf.sqrt(tf.addN(towards.map((gradient) => tf.sum(tf.square(gradient)))))
      const reach = tf.divNoNan(tf.scalar(distance), length)
      moveTo(towards, reach)
      const after = losses()
      moveTo(towards, tf.neg(reach))
      const slope = tf.mul(tf.sub(after, losses()), tf.div(length, 2 * distance))
      return tf.mul<tf.Tensor2D>(-learningRate / batchSize, slope)
    })
  } finally {
    variables.forEach((variable, index) => {
      variable.assign(before[index]!)
    })
    tf.dispose(before)
  }
}

function gradients(variables: readonly tf.Variable[], loss: () => tf.Tensor): tf.Tensor[] {
  const { grads } = tf.variableGrads(() => loss() as tf.Scalar, [...variables])
  return variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable))
}

function assertOptions(options: LookAheadGradientOptions & { readonly distance: number }): void {
  for (const name of ['learningRate', 'batchSize', 'distance'] as const) {
    assertPositive(options[name], name, 'lookAheadGradient')
  }
  if (options.student.variables.length === 0) {
    throw new InvalidArgumentError('lookAheadGradient: student must have variables, got none')
  }
  const { weights, inputs } = options
  if (weights.rank !== 2 || weights.shape[0] !== inputs.shape[0]) {
    throw new ShapeError(
      `lookAheadGradient: weights must have shape [${inputs.shape[0]}, K], got [${weights.shape.join(', ')}]`,
    )
  }
}
