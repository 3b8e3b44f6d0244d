import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type * as tf from '@tensorflow/tfjs-core'
import { release, runKernel, type WasmKernelOverride } from './wasm-kernel.js'

/**
 * Matrix product, plain or fused with bias and activation, mended in two ways.
 *
 * The stock kernels leave XNNPACK for a plain loop as soon as one side is to be transposed, which every gradient of a
 * dense layer asks for; transposing first is several times faster. And they keep the right side prepared for XNNPACK
 * under the id of its data alone, so the same data under two shapes (x and its reshape) gave wrong numbers or a crash;
 * here the second shape gets a copy.
 */
export const batchMatMul: WasmKernelOverride =
  (stock) =>
  ({ inputs, attrs, backend }) => {
    const made: tf.TensorInfo[] = []
    const keep = (info: tf.TensorInfo): tf.TensorInfo => {
      made.push(info)
      return info
    }
    let a = inputs['a']!
    let b = inputs['b']!
    if (attrs['transposeA'] === true) a = keep(transposed(backend, a))
    if (attrs['transposeB'] === true) b = keep(transposed(backend, b))
    const preparedRows = rowsOfRightSides.get(b.dataId)
    if (preparedRows === undefined) rowsOfRightSides.set(b.dataId, b.shape.at(-2)!)
    else if (preparedRows !== b.shape.at(-2)) b = keep(copied(backend, b))
    const result = stock({
      inputs: { ...inputs, a, b },
      attrs: { ...attrs, transposeA: false, transposeB: false },
      backend,
    })
    release(backend, ...made)
    return result
  }

/** How many rows each tensor's data had when it was a right side first. */
const rowsOfRightSides = new WeakMap<object, number>()

/** The last two axes swapped. */
function transposed(backend: BackendWasm, x: tf.TensorInfo): tf.TensorInfo {
  const axes = x.shape.map((_, axis) => axis)
  const last = axes.pop()!
  const perm = [...axes.slice(0, -1), last, axes.at(-1)!]
  return runKernel('Transpose', backend, { x }, { perm })
}

function copied(backend: BackendWasm, x: tf.TensorInfo): tf.TensorInfo {
  const copy = backend.makeOutput(x.shape, x.dtype)
  backend.typedArrayFromHeap(copy).set(backend.typedArrayFromHeap(x))
  return copy
}
