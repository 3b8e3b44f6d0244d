import { util } from '@tensorflow/tfjs-core'
import { registerNative, type KernelCall } from '../native-kernel.js'
import { numbers } from '../numbers.js'

interface Temperature {
  readonly temperature: number
}

/** Registers @kd/core's losses under the names that it runs them by; it then leaves its own implementation aside. */
export function registerLossKernels(): void {
  registerNative('KdCrossEntropy', ({ inputs: { logits, labels }, backend }) => {
    const [rows, classes] = logits!.shape as [number, number]
    const losses = backend.allocate([rows], 'float32')
    backend.addon.crossEntropy(
      backend.floats(logits!),
      backend.integers(labels!),
      losses.values,
      numbers(rows, classes),
    )
    return losses.info
  })
  registerNative('KdCrossEntropyGrad', ({ inputs: { logits, labels, lossGradient }, backend }) => {
    const [rows, classes] = logits!.shape as [number, number]
    const dx = backend.allocate(logits!.shape, 'float32')
    backend.addon.crossEntropyGrad(
      backend.floats(logits!),
      backend.integers(labels!),
      backend.floats(lossGradient!),
      dx.values,
      numbers(rows, classes),
    )
    return dx.info
  })
  registerPair('KdSoftCrossEntropy', 'softCrossEntropy', ['logits', 'softLabels'])
  registerPair('KdKlDivergence', 'klDivergence', ['teacherLogits', 'studentLogits'])
}

function registerPair(
  name: string,
  loss: 'softCrossEntropy' | 'klDivergence',
  tensors: readonly [string, string],
): void {
  registerNative<Temperature>(name, (call) => {
    const { backend } = call
    const { first, second, rows, packed } = pair(call, tensors)
    const losses = backend.allocate([rows], 'float32')
    backend.addon[loss](first, second, losses.values, packed)
    return losses.info
  })
  registerNative<Temperature>(`${name}Grad`, (call) => {
    const { backend, inputs } = call
    const { first, second, packed } = pair(call, tensors)
    const dx = backend.allocate(inputs[tensors[0]]!.shape, 'float32')
    backend.addon[`${loss}Grad`](first, second, backend.floats(inputs['lossGradient']!), dx.values, packed)
    return dx.info
  })
}

function pair(
  { inputs, attributes, backend }: KernelCall<Temperature>,
  [firstName, secondName]: readonly [string, string],
): { first: Float32Array; second: Float32Array; rows: number; packed: Float64Array } {
  const first = inputs[firstName]!
  const [rows, classes] = first.shape as [number, number]
  util.assertShapesMatch(first.shape, inputs[secondName]!.shape, `native: ${firstName} and ${secondName} `)
  return {
    first: backend.floats(first),
    second: backend.floats(inputs[secondName]!),
    rows,
    packed: numbers(rows, classes, attributes.temperature),
  }
}
