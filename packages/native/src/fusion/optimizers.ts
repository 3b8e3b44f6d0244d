import { util } from '@tensorflow/tfjs-core'
import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'

interface SgdAttributes {
  readonly learningRate: number
  readonly momentum: number
  readonly weightDecay: number
  readonly nesterov: boolean
  readonly decoupled: boolean
}
interface AdamAttributes {
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
 * Registers the steps of SGD and Adam as one kernel per variable: KdSgdStep gives [variable, velocity], without the velocity
 * where momentum is 0; KdAdamStep gives [variable, mean, square]. Slots that are not given count as the first step.
 */
export function registerOptimizerKernels(): void {
  registerNative<SgdAttributes>('KdSgdStep', ({ inputs, attributes, backend }) => {
    const { variable, gradient, velocity } = inputs
    const { learningRate, momentum, weightDecay, nesterov, decoupled } = attributes
    util.assertShapesMatch(variable!.shape, gradient!.shape, 'native: variable and gradient ')
    const changed = backend.allocate(variable!.shape, 'float32')
    const moved = momentum > 0 ? backend.allocate(variable!.shape, 'float32') : undefined
    backend.addon.sgd(
      backend.floats(variable!),
      backend.floats(gradient!),
      velocity == null ? undefined : backend.floats(velocity),
      changed.values,
      moved?.values,
      numbers(changed.values.length, learningRate, momentum, weightDecay, nesterov, decoupled),
    )
    return moved === undefined ? [changed.info] : [changed.info, moved.info]
  })
  registerNative<AdamAttributes>('KdAdamStep', ({ inputs, attributes, backend }) => {
    const { variable, gradient, mean, square } = inputs
    const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, steps } = attributes
    util.assertShapesMatch(variable!.shape, gradient!.shape, 'native: variable and gradient ')
    const [changed, newMean, newSquare] = [0, 1, 2].map(() => backend.allocate(variable!.shape, 'float32'))
    backend.addon.adam(
      backend.floats(variable!),
      backend.floats(gradient!),
      mean == null ? undefined : backend.floats(mean),
      square == null ? undefined : backend.floats(square),
      changed!.values,
      newMean!.values,
      newSquare!.values,
      numbers(
        changed!.values.length,
        learningRate,
        beta1,
        beta2,
        epsilon,
        weightDecay,
        1 - beta1 ** steps,
        1 - beta2 ** steps,
        decoupled,
      ),
    )
    return [changed!.info, newMean!.info, newSquare!.info]
  })
}
