import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../../errors.js'
import { batchMatMul } from './batch-mat-mul.js'
import { cast } from './cast.js'
import { conv2DBackpropFilter } from './conv-2d-backprop-filter.js'
import { conv2DBackpropInput } from './conv-2d-backprop-input.js'
import { depthwiseConv2dNativeBackpropFilter } from './depthwise-conv-2d-backprop-filter.js'
import { depthwiseConv2dNativeBackpropInput } from './depthwise-conv-2d-backprop-input.js'
import { einsum } from './einsum.js'
import { gather } from './gather.js'
import { maxPoolGrad } from './max-pool-grad.js'
import { narrowConvolution } from './narrow-convolution.js'
import { reduceLeadingAxes } from './reduce-leading-axes.js'
import { tile } from './tile.js'
import { unsortedSegmentSum } from './unsorted-segment-sum.js'
import type { WasmKernel, WasmKernelOverride } from './wasm-kernel.js'

/** Kernels that the wasm package lacks. */
const missing: Readonly<Record<string, WasmKernel>> = {
  Conv2DBackpropFilter: conv2DBackpropFilter,
  DepthwiseConv2dNativeBackpropFilter: depthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseConv2dNativeBackpropInput,
  Einsum: einsum,
  UnsortedSegmentSum: unsortedSegmentSum,
}

/** Kernels that it has, made faster where a training step waits for them, or mended. */
const replaced: Readonly<Record<string, WasmKernelOverride>> = {
  BatchMatMul: batchMatMul,
  Cast: cast,
  Conv2D: narrowConvolution,
  Conv2DBackpropInput: () => conv2DBackpropInput,
  DepthwiseConv2dNative: narrowConvolution,
  FusedConv2D: narrowConvolution,
  FusedDepthwiseConv2D: narrowConvolution,
  GatherV2: gather,
  MaxPoolGrad: () => maxPoolGrad,
  Mean: reduceLeadingAxes('mean'),
  Sum: reduceLeadingAxes('sum'),
  Tile: tile,
  _FusedMatMul: batchMatMul,
}

const marker = Symbol.for('@kd/core/wasm-training-kernel')

/**
 * Gives the `wasm` backend of TensorFlow.js the kernels that it lacks for training, and faster forms of those that
 * gradients wait for. {@link selectEngine} does this for its `wasm` engine; call it yourself if you choose the backend
 * with `tf.setBackend`. Calling it again changes nothing.
 *
 * Added: Conv2DBackpropFilter, DepthwiseConv2dNativeBackpropFilter, DepthwiseConv2dNativeBackpropInput, Einsum and
 * UnsortedSegmentSum. Made faster: BatchMatMul and _FusedMatMul where a side is transposed, Conv2DBackpropInput,
 * MaxPoolGrad, Tile, and Sum and Mean over leading axes. Mended, because the stock kernels return wrong numbers: matrix
 * products with one tensor as the right side under two shapes, GatherV2 with batch dimensions, convolutions padded to
 * the same size with a filter narrower than the stride, and Cast to bool.
 *
 * @throws {@link KdError} when the wasm package was not imported before
 *
 * @example
 * ```ts
 * import { registerWasmTrainingKernels } from '@kd/core'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-wasm'
 *
 * registerWasmTrainingKernels()
 * await tf.setBackend('wasm')
 * ```
 *
 * @see https://github.com/tensorflow/tfjs/issues/8474 for the missing gradient of convolutions
 */
export function registerWasmTrainingKernels(): void {
  if (tf.getKernel('BatchMatMul', 'wasm') === undefined) {
    throw new KdError('registerWasmTrainingKernels: the wasm backend must be loaded, got no kernels of it', {
      hint: "import '@tensorflow/tfjs-backend-wasm' first",
    })
  }
  for (const [name, kernel] of Object.entries(missing)) {
    // A later release of the package may bring its own.
    if (tf.getKernel(name, 'wasm') === undefined) register(name, kernel)
  }
  for (const [name, override] of Object.entries(replaced)) {
    const stock = tf.getKernel(name, 'wasm')
    if (marker in stock.kernelFunc) continue
    tf.unregisterKernel(name, 'wasm')
    register(name, override(stock.kernelFunc as unknown as WasmKernel), stock)
  }
}

function register(kernelName: string, kernel: WasmKernel, stock?: tf.KernelConfig): void {
  const kernelFunc = kernel as unknown as tf.KernelFunc
  Object.defineProperty(kernelFunc, marker, { value: true })
  // The stock set-up stays: it binds the compiled function that the stock kernel calls.
  tf.registerKernel({ ...stock, kernelName, backendName: 'wasm', kernelFunc })
}
