import {
  getKernel,
  registerKernel,
  type KernelFunc,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { recordFallback } from './fallbacks.js'
import { NativeBackend } from './native-backend.js'

/** What a kernel gets. Attributes are as TensorFlow.js's operation of that name passes them. */
export interface KernelCall<Attributes = Record<string, never>> {
  readonly inputs: Readonly<Record<string, TensorInfo>>
  readonly attributes: Attributes
  readonly backend: NativeBackend
}

/** A kernel; undefined where it has no native way for these inputs, and the cpu engine's kernel runs instead. */
export type NativeKernel<Attributes> = (call: KernelCall<Attributes>) => TensorInfo | TensorInfo[] | undefined

/** Names of the kernels that the addon implements, at least for some inputs. */
export const nativeKernels: Set<string> = new Set()

/**
 * Registers a kernel with the native backend.
 *
 * @param name - kernel name of TensorFlow.js
 * @param kernel - its implementation
 */
export function registerNative<Attributes>(name: string, kernel: NativeKernel<Attributes>): void {
  nativeKernels.add(name)
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
    if (!(backend instanceof NativeBackend)) throw new Error(`native: ${name} must run on the native backend`)
    const attributes = (attrs ?? {}) as Attributes
    backend.startKernel()
    const result = kernel({ inputs: inputs as Record<string, TensorInfo>, attributes, backend })
    backend.endKernel()
    return result ?? runOnCpu(name)({ inputs, attrs: attrs!, backend })
  }
  registerKernel({ kernelName: name, backendName: 'native', kernelFunc })
}

/**
 * The cpu engine's kernel, counted as a fallback when it runs.
 *
 * @param name - kernel name
 * @returns a kernel function for the native backend
 */
export function runOnCpu(name: string): KernelFunc {
  return (call) => {
    const kernel = getKernel(name, 'cpu')
    if (kernel == null) throw new Error(`native: ${name} must have inputs that its native kernel takes`)
    assertWindow(name, call.attrs)
    const done = recordFallback(name)
    const result = kernel.kernelFunc(call)
    done()
    return result
  }
}

/** Places that a window may reach over, as in the addon (window-bounds.h): the cpu engine walks over all of them. */
const MOST_PLACES = 2 ** 16

function assertWindow(kernel: string, attributes: NamedAttrMap | undefined): void {
  for (const name of ['filterSize', 'dilations'] as const) {
    const wrong = [attributes?.[name]]
      .flat()
      .map(Number)
      .find((places) => places > MOST_PLACES)
    if (wrong === undefined) continue
    throw new Error(`native: ${name} of ${kernel} must be at most ${MOST_PLACES}, got ${wrong}`)
  }
}
