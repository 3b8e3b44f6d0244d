import * as tf from '@tensorflow/tfjs-core'
import { assertInRange, assertPositive } from '../assertions.js'
import type { Optimizer, RunningOptimizer } from './optimizer.js'
import { Slots } from './slots.js'
import { stepVariables } from './step-variables.js'

/** Options of {@link adam}. */
export interface AdamOptions {
  /**
   * Decay of the mean of gradients, in [0, 1).
   * @defaultValue 0.9
   */
  readonly beta1?: number
  /**
   * Decay of the mean of squared gradients, in [0, 1).
   * @defaultValue 0.999
   */
  readonly beta2?: number
  /**
   * Added to the root of the squared gradients, > 0.
   * @defaultValue 1e-8
   */
  readonly epsilon?: number
  /**
   * >= 0, on every variable.
   * @defaultValue 0
   */
  readonly weightDecay?: number
  /**
   * `false`: decay is added to the gradient (Adam with L2); `true`: it shrinks the weights directly (AdamW).
   * @defaultValue false
   */
  readonly decoupled?: boolean
}

/**
 * Adam, and with `decoupled: true` AdamW, with bias correction as in PyTorch.
 *
 *     g = gradient + weightDecay * w                       (unless decoupled)
 *     m = beta1 m + (1 - beta1) g,   s = beta2 s + (1 - beta2) g^2
 *     w = w - learningRate * (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon)
 *
 * @param options - see {@link AdamOptions}
 * @returns an optimizer, which each run starts for itself
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { adam } from '@kd/core'
 *
 * const adamW = adam({ weightDecay: 0.01, decoupled: true })
 * console.log(adamW.name) // adamw
 * ```
 *
 * @see Kingma, Ba: Adam, arXiv 1412.6980; Loshchilov, Hutter: Decoupled Weight Decay Regularization, arXiv 1711.05101
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, decoupled = false } = options
  assertInRange(beta1, { min: 0, max: 1, maxOpen: true }, 'beta1', 'adam')
  assertInRange(beta2, { min: 0, max: 1, maxOpen: true }, 'beta2', 'adam')
  assertPositive(epsilon, 'epsilon', 'adam')
  assertInRange(weightDecay, { min: 0 }, 'weightDecay', 'adam')
  return {
    name: decoupled ? 'adamw' : 'adam',
    start: () => startAdam({ beta1, beta2, epsilon, weightDecay, decoupled }),
  }
}

function startAdam({
  beta1,
  beta2,
  epsilon,
  weightDecay,
  decoupled,
}: Readonly<Required<AdamOptions>>): RunningOptimizer {
  const slots = new Slots()
  let steps = 0

  const update = (
    index: number,
    variable: tf.Variable,
    gradient: tf.Tensor,
    learningRate: number,
  ): tf.Tensor => {
    const coupled = weightDecay > 0 && !decoupled ? tf.add(gradient, tf.mul(variable, weightDecay)) : gradient
    const decay = (name: string, beta: number, value: tf.Tensor): tf.Tensor => {
      const previous = slots.get(index, name)
      const fresh = tf.mul(value, 1 - beta)
      const mean = previous === undefined ? fresh : tf.add(tf.mul(previous, beta), fresh)
      slots.set(index, name, mean)
      return mean
    }
    const mean = decay('mean', beta1, coupled)
    const square = decay('square', beta2, tf.square(coupled))
    const root = tf.add(tf.sqrt(tf.div(square, 1 - beta2 ** steps)), epsilon)
    const change = tf.mul(tf.div(mean, root), learningRate / (1 - beta1 ** steps))
    const shrunk = weightDecay > 0 && decoupled ? tf.mul(variable, 1 - learningRate * weightDecay) : variable
    return tf.sub(shrunk, change)
  }

  return {
    step(variables, gradients, learningRate) {
      steps += 1
      const tensors = { variables, gradients, slots, slotNames: ['mean', 'square'] }
      const numbers = { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, steps }
      stepVariables('KdAdamSteps', tensors, numbers, (index, variable, gradient) =>
        update(index, variable, gradient, learningRate),
      )
      slots.set(0, 'steps', tf.scalar(steps, 'int32'))
    },
    state: () => slots.state(),
    loadState: (state) => {
      slots.load(state, ['mean', 'square', 'steps'])
      steps = slots.get(0, 'steps')?.dataSync()[0] ?? 0
    },
    dispose: () => {
      slots.dispose()
      steps = 0
    },
  }
}
