import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core'
import type { NativeBackend } from '../native-backend.js'
import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'
import { binary } from './binary.js'
import { binaryCode } from './operations.js'
import { isNumeric } from './transpose.js'

/** The pairs of types between which the addon casts, in the order that it knows. */
const conversions = [
  'float32 int32',
  'int32 float32',
  'bool float32',
  'bool int32',
  'float32 bool',
  'int32 bool',
]

/** Registers casts, fills, choices and sums of many tensors. */
export function registerValueKernels(): void {
  registerNative<{ dtype: DataType }>('Cast', ({ inputs, attributes, backend }) => {
    const x = inputs['x']!
    if (x.dtype === attributes.dtype && x.dtype !== 'complex64') return backend.share(x, x.shape)
    const conversion = conversions.indexOf(`${x.dtype} ${attributes.dtype}`)
    if (conversion < 0) return undefined
    const y = backend.allocate(x.shape, attributes.dtype)
    backend.addon.cast(backend.numeric(x), y.values, numbers(conversion, y.values.length))
    return y.info
  })
  registerNative<{ shape: number[]; value: number | string; dtype?: DataType }>(
    'Fill',
    ({ attributes, backend }) => {
      const { shape, value } = attributes
      return typeof value === 'number'
        ? fill(backend, shape, attributes.dtype ?? 'float32', value)
        : undefined
    },
  )
  registerNative('ZerosLike', ({ inputs: { x }, backend }) => fill(backend, x!.shape, x!.dtype, 0))
  registerNative('OnesLike', ({ inputs: { x }, backend }) => fill(backend, x!.shape, x!.dtype, 1))
  registerNative('LogicalNot', ({ inputs: { x }, backend }) => {
    if (x!.dtype !== 'bool') return undefined
    const y = backend.allocate(x!.shape, 'bool')
    backend.addon.logicalNot(backend.bytes(x!), y.values, numbers(y.values.length))
    return y.info
  })
  registerNative('Select', ({ inputs: { condition, t, e }, backend }) => {
    if (condition!.dtype !== 'bool' || t!.dtype !== 'float32' || e!.dtype !== 'float32') return undefined
    const size = util.sizeFromShape(t!.shape)
    if ([condition!, e!].some((tensor) => util.sizeFromShape(tensor.shape) !== size)) return undefined
    const y = backend.allocate(t!.shape, 'float32')
    backend.addon.select(
      backend.bytes(condition!),
      backend.floats(t!),
      backend.floats(e!),
      y.values,
      numbers(size, 1),
    )
    return y.info
  })
  registerNative('AddN', ({ inputs, backend }) => addAll(backend, Object.values(inputs)))
}

function fill(
  backend: NativeBackend,
  shape: number[],
  dtype: DataType,
  value: number,
): TensorInfo | undefined {
  if (!isNumeric({ dataId: {}, shape, dtype })) return undefined
  const y = backend.allocate(shape, dtype)
  if (dtype === 'float32') backend.addon.fill(y.values as Float32Array, numbers(y.values.length, value))
  else {
    backend.settle() // the memory may still be read by what waits
    y.values.fill(value)
  }
  return y.info
}

function addAll(backend: NativeBackend, tensors: readonly TensorInfo[]): TensorInfo | undefined {
  const [first, second, ...rest] = tensors
  if (second === undefined || tensors.some((tensor) => tensor.dtype !== 'float32')) return undefined
  if (tensors.some((tensor) => !util.arraysEqual(tensor.shape, first!.shape))) return undefined
  const sum = binary(backend, 'add', first!, second)
  if (sum === undefined) return undefined
  const values = backend.floats(sum)
  const size = values.length
  for (const tensor of rest) {
    const other = backend.floats(tensor)
    backend.addon.binary(values, other, values, numbers(binaryCode.add, 1, size, size))
  }
  return sum
}
