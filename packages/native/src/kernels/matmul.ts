import { broadcast_util, util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { NativeBackend } from '../native-backend.js'
import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'
import { binary } from './binary.js'
import { strided } from './transpose.js'
import { activate, canActivate } from './unary.js'

interface MatMulAttributes {
  readonly transposeA: boolean
  readonly transposeB: boolean
}
interface FusedAttributes extends MatMulAttributes {
  readonly activation?: string
  readonly leakyreluAlpha?: number
}

/** Registers matrix products. */
export function registerMatMulKernels(): void {
  registerNative<MatMulAttributes>('BatchMatMul', ({ inputs, attributes, backend }) =>
    matMul(backend, inputs['a']!, inputs['b']!, attributes),
  )
  registerNative<FusedAttributes>('_FusedMatMul', ({ inputs, attributes, backend }) => {
    const bias = inputs['bias']
    if (!canActivate(attributes.activation)) return undefined
    const product = matMul(backend, inputs['a']!, inputs['b']!, attributes, bias)
    if (product !== undefined) activate(backend, product, attributes.activation, attributes.leakyreluAlpha)
    return product
  })
}

function matMul(
  backend: NativeBackend,
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: MatMulAttributes,
  bias?: TensorInfo,
): TensorInfo | undefined {
  if ([a, b, bias].some((tensor) => tensor != null && tensor.dtype !== 'float32')) return undefined
  const rows = a.shape.at(transposeA ? -1 : -2)!
  const inner = a.shape.at(transposeA ? -2 : -1)!
  const columns = b.shape.at(transposeB ? -2 : -1)!
  const outer = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const batchA = util.sizeFromShape(a.shape.slice(0, -2))
  const batchB = util.sizeFromShape(b.shape.slice(0, -2))
  // Empty tensors are left to the cpu kernel.
  if (rows * inner * columns * batchA * batchB === 0) return undefined
  if (inner !== b.shape.at(transposeB ? -1 : -2)) return undefined
  const batches = util.sizeFromShape(outer)
  if ((batchA !== 1 && batchA !== batches) || (batchB !== 1 && batchB !== batches)) {
    return wideMatMul(backend, a, b, outer, { transposeA, transposeB }, bias)
  }
  const direct = bias == null || (bias.shape.at(-1) === columns && util.sizeFromShape(bias.shape) === columns)
  const { info, values } = backend.allocate([...outer, rows, columns], 'float32')
  backend.addon.matmul(
    backend.floats(a),
    backend.floats(b),
    direct && bias != null ? backend.floats(bias) : undefined,
    values,
    numbers(batchA, batchB, rows, inner, columns, transposeA, transposeB),
  )
  if (direct) return info
  const sum = binary(backend, 'add', info, bias)
  backend.disposeIntermediateTensorInfo(info)
  return sum
}

/** Where the batches broadcast along some of their axes only, which the cpu engine's kernel gets wrong: copied out first. */
function wideMatMul(
  backend: NativeBackend,
  a: TensorInfo,
  b: TensorInfo,
  outer: readonly number[],
  attributes: MatMulAttributes,
  bias?: TensorInfo,
): TensorInfo | undefined {
  const [wideA, wideB] = [a, b].map((x) => {
    const shape = [...Array<number>(outer.length + 2 - x.shape.length).fill(1), ...x.shape]
    const strides = util.computeStrides(shape).concat(1)
    const steps = shape.map((size, axis) => (size === 1 ? 0 : strides[axis]!))
    return strided(backend, x, backend.allocate([...outer, ...x.shape.slice(-2)], 'float32'), steps, 0)
  })
  const product = matMul(backend, wideA!, wideB!, attributes, bias)
  backend.disposeIntermediateTensorInfo(wideA!)
  backend.disposeIntermediateTensorInfo(wideB!)
  return product
}
