import { getKernel, util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core'
import { registerNative, type KernelCall } from '../native-kernel.js'
import { numbers } from '../numbers.js'
import { labelledRowKernels, rowKernels, type RowKernelName } from './row-kernel-table.js'

type Attributes = Readonly<Record<string, number>>
type RowCall = KernelCall<Attributes>

/**
 * Registers the losses and other functions of rows of class scores under the names that other packages of @kd run them by; those
 * then leave their own implementation aside.
 */
export function registerRowKernels(): void {
  for (const [name, kernel] of Object.entries(rowKernels)) {
    const inputs = Object.entries(kernel.inputs)
    const { output, attributes: attributeNames = [] } = kernel
    const readsLabels = labelledRowKernels.includes(name)
    registerNative<Attributes>(name, (call) => {
      const { backend, attributes } = call
      // So that what is caught below is an error of this kernel, and not of one that waited.
      if (readsLabels) backend.settle()
      const [rows, classes = 1] = call.inputs[inputs[0]![0]]!.shape as [number, number?]
      const given = inputs.map(([input, kind]) => {
        const tensor = call.inputs[input]!
        const shape = kind === 'table' ? [rows, classes] : [rows]
        util.assertShapesMatch(tensor.shape, shape, `native: ${name}: ${input} `)
        return kind === 'labels' ? backend.integers(tensor) : backend.floats(tensor)
      })
      const out = backend.allocate(output === 'table' ? [rows, classes] : [rows], 'float32')
      const further = attributeNames.map((attribute) => attributes[attribute]!)
      try {
        backend.addon[name as RowKernelName]!(
          ...given,
          out.values,
          numbers(rows, classes, attributeNames.length, ...further),
        )
      } catch (error) {
        runLoop(name, call)
        throw error
      }
      return out.info
    })
  }
}

/**
 * The addon knows a kernel only by its name. The loop of @kd/core and @kd/losses refuses the same inputs, and its message names
 * the function that was called; nothing happens where no loop is registered.
 */
function runLoop(name: string, { inputs, attributes, backend }: RowCall): void {
  const attrs = attributes as unknown as NamedAttrMap
  const result = getKernel(name, 'cpu')?.kernelFunc({ inputs, attrs, backend }) as TensorInfo | undefined
  if (result !== undefined) backend.disposeIntermediateTensorInfo(result)
}
