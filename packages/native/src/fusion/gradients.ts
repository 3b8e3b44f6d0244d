import * as tf from '@tensorflow/tfjs-core'
import { binary } from '../kernels/binary.js'
import { strided } from '../kernels/transpose.js'
import { registerNative } from '../native-kernel.js'
import { fusionsAreOn } from './fusions.js'
import { runKernel } from './run-kernel.js'

type Operation = 'reluGrad' | 'relu6Grad' | 'sigmoidGrad' | 'tanhGrad'

/** Kernels whose gradient is one loop over dy and the kernel's output. The stock gradient of relu takes either side of it. */
const fromOutput: Record<string, Operation> = { Relu: 'reluGrad', Sigmoid: 'sigmoidGrad', Tanh: 'tanhGrad' }

/** Registers the kernels that the fused gradients run. */
export function registerGradientKernels(): void {
  registerNative<{ operation: Operation }>('KdActivationGrad', ({ inputs, attributes, backend }) =>
    binary(backend, attributes.operation, inputs['dy']!, inputs['y']!),
  )
  registerNative<{ shape: number[] }>('KdBroadcast', ({ inputs, attributes, backend }) => {
    const x = inputs['x']!
    const strides = tf.util.computeStrides(x.shape).concat(1)
    const steps = x.shape.map((size, axis) => (size === 1 ? 0 : strides[axis]!))
    return strided(backend, x, backend.allocate(attributes.shape, 'float32'), steps, 0)
  })
}

const installed = new Map<string, tf.GradFunc>()

/**
 * Puts the fused gradients in place of TensorFlow.js's. Gradients belong to a kernel on all backends, so each one hands over
 * to the stock gradient unless native runs and fusions are on. To be called again where something may have registered the
 * stock gradients later, as importing tfjs-layers does.
 */
export function installGradients(): void {
  if (installed.has('Relu') && tf.getGradient('Relu')?.gradFunc === installed.get('Relu')) return
  for (const [kernelName, operation] of Object.entries(fromOutput)) {
    replaceGradient(kernelName, [true], (dy, saved) => {
      const y = saved[0]!
      return { x: () => runKernel('KdActivationGrad', { dy, y }, { operation }) }
    })
  }
  replaceGradient('Relu6', undefined, (dy, saved) => {
    const y = saved[0]!
    return { x: () => runKernel('KdActivationGrad', { dy, y }, { operation: 'relu6Grad' }) }
  })
  for (const kernelName of ['Sum', 'Mean']) {
    replaceGradient(kernelName, undefined, (dy, saved, attributes) => {
      const x = saved[0]!
      const { axis } = attributes as unknown as { axis: number[] }
      const axes = tf.util.parseAxisParam(axis, x.shape)
      const kept = x.shape.map((size, index) => (axes.includes(index) ? 1 : size))
      return {
        x: () => {
          const wide = tf.reshape(dy, kept)
          const scaled = kernelName === 'Mean' ? tf.mul(wide, wide.size / x.size) : wide
          return runKernel('KdBroadcast', { x: scaled }, { shape: x.shape })
        },
      }
    })
  }
}

type FusedGradient = (
  dy: tf.Tensor,
  saved: tf.Tensor[],
  attributes: tf.NamedAttrMap,
) => Record<string, () => tf.Tensor>

/** Takes outputs to save in place of the stock gradient's inputs, or those inputs. */
function replaceGradient(
  kernelName: string,
  outputsToSave: boolean[] | undefined,
  fused: FusedGradient,
): void {
  const stock = tf.getGradient(kernelName)
  if (stock == null || stock.gradFunc === installed.get(kernelName)) return
  const gradFunc: tf.GradFunc = (dy, saved, attributes) => {
    const usable = tf.getBackend() === 'native' && fusionsAreOn() && !Array.isArray(dy) && isFloat(saved[0])
    return usable ? fused(dy, saved, attributes) : stock.gradFunc(dy, saved, attributes)
  }
  installed.set(kernelName, gradFunc)
  tf.unregisterGradient(kernelName)
  tf.registerGradient({
    kernelName,
    ...(outputsToSave === undefined ? { inputsToSave: stock.inputsToSave ?? [] } : { outputsToSave }),
    gradFunc,
  })
}

function isFloat(tensor: tf.Tensor | undefined): boolean {
  return tensor?.dtype === 'float32'
}
