import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import { registerNative, type KernelCall } from '../native-kernel.js'
import { numbers } from '../numbers.js'

interface Attributes {
  /** How many tensors. */
  readonly count: number
}
interface SgdAttributes extends Attributes {
  readonly learningRate: number
  readonly momentum: number
  readonly weightDecay: number
  readonly nesterov: boolean
  readonly decoupled: boolean
}
interface AdamAttributes extends Attributes {
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
  readonly decoupled: boolean
  /** Steps taken, this one included. */
  readonly steps: number
}

/**
 * Registers a step of SGD and of Adam on all variables as one kernel each. Of tensor i they take `variable<i>`, `gradient<i>` and
 * its slots, `momentum<i>` for KdSgdSteps unless momentum is 0, `mean<i>` and `square<i>` for KdAdamSteps; slots that are not given
 * count as the first step. They give the new variable and the new slots of each.
 */
export function registerOptimizerKernels(): void {
  registerNative<SgdAttributes>('KdSgdSteps', (call) => {
    const { count, learningRate, momentum, weightDecay, nesterov, decoupled } = call.attributes
    const { given, results } = stepTensors(call, momentum > 0 ? ['momentum'] : [])
    call.backend.addon.sgd(...given, numbers(count, learningRate, momentum, weightDecay, nesterov, decoupled))
    return results
  })
  registerNative<AdamAttributes>('KdAdamSteps', (call) => {
    const { count, learningRate, beta1, beta2, epsilon, weightDecay, decoupled, steps } = call.attributes
    const { given, results } = stepTensors(call, ['mean', 'square'])
    const corrections = [1 - beta1 ** steps, 1 - beta2 ** steps]
    call.backend.addon.adam(
      ...given,
      numbers(count, learningRate, beta1, beta2, epsilon, weightDecay, ...corrections, decoupled),
    )
    return results
  })
}

/** What goes into the addon's call, and the new tensors, in its order. */
function stepTensors(
  { inputs, attributes: { count }, backend }: KernelCall<Attributes>,
  slots: readonly string[],
): { given: (Float32Array | undefined)[]; results: TensorInfo[] } {
  const given: (Float32Array | undefined)[] = []
  const results: TensorInfo[] = []
  for (let index = 0; index < count; index++) {
    const [variable, gradient] = [inputs[`variable${index}`]!, inputs[`gradient${index}`]!]
    util.assertShapesMatch(variable.shape, gradient.shape, 'native: variable and gradient ')
    given.push(backend.floats(variable), backend.floats(gradient))
    for (const slot of slots) {
      const before = inputs[`${slot}${index}`]
      given.push(before == null ? undefined : backend.floats(before))
    }
    for (let output = 0; output <= slots.length; output++) {
      const { info, values } = backend.allocate(variable.shape, 'float32')
      given.push(values)
      results.push(info)
    }
  }
  return { given, results }
}
