import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '../errors.js'
import { assertInRange } from '../assertions.js'
import type { Optimizer, RunningOptimizer } from './optimizer.js'
import { Slots } from './slots.js'
import { stepVariables } from './step-variables.js'

/** Options of {@link sgd}. */
export interface SgdOptions {
  /**
   * In [0, 1).
   * @defaultValue 0
   */
  readonly momentum?: number
  /**
   * Look ahead along the momentum; needs momentum > 0.
   * @defaultValue false
   */
  readonly nesterov?: boolean
  /**
   * >= 0, on every variable, as PyTorch does it.
   * @defaultValue 0
   */
  readonly weightDecay?: number
  /**
   * `false`: decay is added to the gradient and goes through the momentum (PyTorch's SGD); `true`: it shrinks the weights
   * directly, by learningRate * weightDecay.
   * @defaultValue false
   */
  readonly decoupled?: boolean
}

/**
 * Stochastic gradient descent with momentum, in PyTorch's form.
 *
 *     g = gradient + weightDecay * w          (unless decoupled)
 *     v = momentum * v + g                    (v = g at the first step)
 *     w = w - learningRate * (nesterov ? g + momentum * v : v)
 *
 * @param options - see {@link SgdOptions}
 * @returns an optimizer, which each run starts for itself
 * @throws {@link InvalidArgumentError} when an option is out of range, or nesterov lacks momentum
 *
 * @example
 * ```ts
 * import { sgd } from '@kd/core'
 *
 * const optimizer = sgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4 })
 * console.log(optimizer.name) // sgd
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false, weightDecay = 0, decoupled = false } = options
  assertInRange(momentum, { min: 0, max: 1, maxOpen: true }, 'momentum', 'sgd')
  assertInRange(weightDecay, { min: 0 }, 'weightDecay', 'sgd')
  if (nesterov && momentum === 0) {
    throw new InvalidArgumentError('sgd: nesterov must have momentum > 0, got 0')
  }
  return { name: 'sgd', start: () => startSgd({ momentum, nesterov, weightDecay, decoupled }) }
}

function startSgd({
  momentum,
  nesterov,
  weightDecay,
  decoupled,
}: Readonly<Required<SgdOptions>>): RunningOptimizer {
  const slots = new Slots()

  const update = (
    index: number,
    variable: tf.Variable,
    gradient: tf.Tensor,
    learningRate: number,
  ): tf.Tensor => {
    const coupled = weightDecay > 0 && !decoupled ? tf.add(gradient, tf.mul(variable, weightDecay)) : gradient
    let direction: tf.Tensor = coupled
    if (momentum > 0) {
      const velocityBefore = slots.get(index, 'momentum')
      const velocity =
        velocityBefore === undefined ? tf.clone(coupled) : tf.add(tf.mul(velocityBefore, momentum), coupled)
      slots.set(index, 'momentum', velocity)
      direction = nesterov ? tf.add(coupled, tf.mul(velocity, momentum)) : velocity
    }
    const shrunk = weightDecay > 0 && decoupled ? tf.mul(variable, 1 - learningRate * weightDecay) : variable
    return tf.sub(shrunk, tf.mul(direction, learningRate))
  }

  return {
    step(variables, gradients, learningRate) {
      const tensors = { variables, gradients, slots, slotNames: momentum > 0 ? ['momentum'] : [] }
      const numbers = { learningRate, momentum, weightDecay, nesterov, decoupled }
      stepVariables('KdSgdSteps', tensors, numbers, (index, variable, gradient) =>
        update(index, variable, gradient, learningRate),
      )
    },
    state: () => slots.state(),
    loadState: (state) => {
      slots.load(state, ['momentum'])
    },
    dispose: () => {
      slots.dispose()
    },
  }
}
