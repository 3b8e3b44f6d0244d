import * as tf from '@tensorflow/tfjs-core'
import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'
import { fusionsAreOn } from './fusions.js'
import { whenRegistered, type BatchNormalization } from './layers.js'

const FORWARD = 'KdBatchNormTraining'
const BACKWARD = 'KdBatchNormTrainingGrad'

interface Attributes {
  readonly epsilon: number
  readonly momentum: number
  readonly relu: boolean
}
type Inputs = tf.Tensor | tf.Tensor[]
type Call = (this: BatchNormalization, inputs: Inputs, kwargs: Record<string, unknown>) => Inputs

/**
 * Registers normalisation by the batch's own mean and variance, and its gradient. What follows in a residual net may be in
 * it: the sum with a shortcut, and a relu. It gives the output, the batch's mean and variance, and the new moving averages.
 */
export function registerBatchNormKernels(): void {
  registerForward()
  registerBackward()
  registerGradient()
}

function registerForward(): void {
  registerNative<Attributes>(FORWARD, ({ inputs, attributes, backend }) => {
    const { x, gamma, beta, residual, movingMean, movingVariance } = inputs
    const columns = x!.shape.at(-1)!
    if (residual != null) tf.util.assertShapesMatch(x!.shape, residual.shape, 'native: x and residual ')
    const y = backend.allocate(x!.shape, 'float32')
    const [mean, variance, newMean, newVariance] = [0, 1, 2, 3].map(() =>
      backend.allocate([columns], 'float32'),
    )
    backend.addon.batchNormTraining(
      backend.floats(x!),
      backend.floats(gamma!),
      backend.floats(beta!),
      residual == null ? undefined : backend.floats(residual),
      y.values,
      mean!.values,
      variance!.values,
      backend.floats(movingMean!),
      backend.floats(movingVariance!),
      newMean!.values,
      newVariance!.values,
      numbers(y.values.length / columns, columns, attributes.epsilon, attributes.momentum, attributes.relu),
    )
    return [y, mean!, variance!, newMean!, newVariance!].map(({ info }) => info)
  })
}

function registerBackward(): void {
  registerNative<Attributes>(BACKWARD, ({ inputs, attributes, backend }) => {
    const { x, dy, y, mean, variance, gamma, residual } = inputs
    const columns = x!.shape.at(-1)!
    tf.util.assertShapesMatch(x!.shape, dy!.shape, 'native: x and dy ')
    const dx = backend.allocate(x!.shape, 'float32')
    const dGamma = backend.allocate([columns], 'float32')
    const dBeta = backend.allocate([columns], 'float32')
    // Without a relu the shortcut's gradient is dy itself.
    const dResidual = residual == null || !attributes.relu ? undefined : backend.allocate(x!.shape, 'float32')
    backend.addon.batchNormTrainingGrad(
      backend.floats(x!),
      backend.floats(dy!),
      attributes.relu ? backend.floats(y!) : undefined,
      backend.floats(mean!),
      backend.floats(variance!),
      backend.floats(gamma!),
      dx.values,
      dGamma.values,
      dBeta.values,
      dResidual?.values,
      numbers(dx.values.length / columns, columns, attributes.epsilon),
    )
    return [dx, dGamma, dBeta, ...(dResidual === undefined ? [] : [dResidual])].map(({ info }) => info)
  })
}

function registerGradient(): void {
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ['x', 'gamma'],
    outputsToSave: [true, true, true],
    // Mean and variance only go into the moving averages, which no gradient passes.
    gradFunc: (dys, [x, gamma, y, mean, variance], attributes) => {
      const dy = (dys as tf.Tensor[])[0]!
      const { relu, shortcut } = attributes as unknown as Attributes & { shortcut: boolean }
      const inputs = {
        x: x!,
        dy,
        mean: mean!,
        variance: variance!,
        gamma: gamma!,
        ...(relu ? { y: y! } : {}),
        ...(shortcut ? { residual: dy } : {}),
      }
      const [dx, dGamma, dBeta, dResidual] = tf.engine().runKernel<tf.Tensor[]>(BACKWARD, inputs, attributes)
      return {
        x: () => dx!,
        gamma: () => dGamma!,
        beta: () => dBeta!,
        residual: () => dResidual ?? tf.clone(dy),
      }
    },
  })
}

/**
 * Lets tfjs-layers' BatchNormalization train with one kernel forward and one backward, in place of some thirty. On other
 * backends, with fusions off, or along another axis than the last, its own method runs.
 */
export function fuseBatchNormLayer(): void {
  whenRegistered<{ call: Call }>('BatchNormalization', (prototype) => {
    const stock = prototype.call
    prototype.call = function (inputs, kwargs) {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs
      const fused = fusionsAreOn() && kwargs['training'] === true && tf.getBackend() === 'native'
      return fused && canNormalize(this, x)
        ? normalizeInTraining(this, x, { relu: false })
        : stock.call(this, inputs, kwargs)
    }
  })
}

/**
 * @param layer - to be run
 * @param x - its input
 * @returns whether the fused kernels take it
 */
export function canNormalize(layer: BatchNormalization, x: tf.Tensor): boolean {
  return (
    (layer.axis === -1 || layer.axis === x.rank - 1) &&
    x.dtype === 'float32' &&
    x.size > 0 &&
    layer.trainable &&
    layer.gamma != null &&
    layer.beta != null
  )
}

/**
 * One step of a layer in training, its moving averages included.
 *
 * @param layer - for which {@link canNormalize} holds
 * @param x - its input
 * @param ending - what follows: a sum with a tensor of the same shape, then a relu
 * @returns the output
 */
export function normalizeInTraining(
  layer: BatchNormalization,
  x: tf.Tensor,
  { residual, relu }: { residual?: tf.Tensor | undefined; relu: boolean },
): tf.Tensor {
  return tf.tidy(() => {
    const { epsilon, momentum, movingMean, movingVariance } = layer
    const inputs = {
      x,
      gamma: layer.gamma!.read(),
      beta: layer.beta!.read(),
      movingMean: movingMean.read(),
      movingVariance: movingVariance.read(),
      ...(residual === undefined ? {} : { residual }),
    }
    const attributes = { epsilon, momentum, relu, shortcut: residual !== undefined }
    const [y, , , newMean, newVariance] = tf.engine().runKernel<tf.Tensor[]>(FORWARD, inputs, attributes)
    movingMean.write(newMean!)
    movingVariance.write(newVariance!)
    return y!
  })
}
