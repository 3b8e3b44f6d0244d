import { backend_util, slice_util, util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { NativeBackend } from '../native-backend.js'
import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'
import { isNumeric, strided, transpose } from './transpose.js'

/** Registers the kernels that move values: reshape, transpose, slice, concat, pad, tile and what is made of them. */
export function registerLayoutKernels(): void {
  registerNative('Identity', ({ inputs, backend }) => backend.share(inputs['x']!, inputs['x']!.shape))
  registerNative<{ perm: number[] }>('Transpose', ({ inputs, attributes, backend }) =>
    transpose(backend, inputs['x']!, attributes.perm),
  )
  registerNative<{ begin: number | number[]; size: number | number[] }>(
    'Slice',
    ({ inputs, attributes, backend }) => {
      const x = inputs['x']!
      const [begin, size] = slice_util.parseSliceParams(x, attributes.begin, attributes.size)
      slice_util.assertParamsValid(x, begin!, size!)
      return slice(backend, x, begin!, size!)
    },
  )
  registerNative<{ numOrSizeSplits: number | number[]; axis: number }>(
    'SplitV',
    ({ inputs, attributes, backend }) => {
      const x = inputs['x']!
      const axis = util.parseAxisParam(attributes.axis, x.shape)[0]!
      if (!isNumeric(x) || x.shape.length > 8) return undefined
      const sizes = backend_util.prepareSplitSize(x, attributes.numOrSizeSplits, axis)
      let start = 0
      return sizes.map((size) => {
        const begin = x.shape.map((_, index) => (index === axis ? start : 0))
        const shape = x.shape.map((whole, index) => (index === axis ? size : whole))
        start += size
        return slice(backend, x, begin, shape)!
      })
    },
  )
  registerNative<{ axis: number }>('Unpack', ({ inputs, attributes, backend }) => {
    const x = inputs['value']!
    const axis = util.parseAxisParam(attributes.axis, x.shape)[0]!
    if (!isNumeric(x) || x.shape.length > 8) return undefined
    return Array.from({ length: x.shape[axis]! }, (_, position) => {
      const begin = x.shape.map((_, index) => (index === axis ? position : 0))
      const shape = x.shape.map((whole, index) => (index === axis ? 1 : whole))
      const part = slice(backend, x, begin, shape)!
      return { ...part, shape: x.shape.filter((_, index) => index !== axis) }
    })
  })
  registerRepetitions()
  registerConcatenation()
}

function registerRepetitions(): void {
  registerNative<{ reps: number[] }>('Tile', ({ inputs, attributes, backend }) =>
    tile(backend, inputs['x']!, attributes.reps),
  )
  registerNative<{ dims: number | number[] }>('Reverse', ({ inputs, attributes, backend }) => {
    const x = inputs['x']!
    if (!isNumeric(x) || x.shape.length > 8 || x.shape.length === 0) return undefined
    const axes = util.parseAxisParam(attributes.dims, x.shape)
    const strides = util.computeStrides(x.shape).concat(1)
    const turned = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride))
    const offset = axes.reduce((sum, axis) => sum + (x.shape[axis]! - 1) * strides[axis]!, 0)
    if (util.sizeFromShape(x.shape) === 0) return backend.share(x, x.shape)
    return strided(backend, x, backend.allocate(x.shape, x.dtype), turned, offset)
  })
  registerNative<{ paddings: [number, number][]; constantValue: number }>(
    'PadV2',
    ({ inputs, attributes, backend }) => {
      const x = inputs['x']!
      const { paddings, constantValue } = attributes
      const rank = x.shape.length
      if (x.dtype !== 'float32' || rank === 0 || rank > 8) return undefined
      const y = backend.allocate(
        x.shape.map((size, axis) => paddings[axis]![0] + size + paddings[axis]![1]),
        'float32',
      )
      const before = paddings.map(([size]) => size)
      const after = paddings.map(([, size]) => size)
      backend.addon.pad(
        backend.floats(x),
        y.values,
        numbers(rank, constantValue, ...x.shape, ...before, ...after),
      )
      return y.info
    },
  )
}

function registerConcatenation(): void {
  registerNative<{ axis: number }>('Concat', ({ inputs, attributes, backend }) => {
    const tensors = Object.values(inputs)
    return concat(backend, tensors, util.parseAxisParam(attributes.axis, tensors[0]!.shape)[0]!)
  })
  registerNative<{ axis: number }>('Pack', ({ inputs, attributes, backend }) => {
    const { axis } = attributes
    const tensors = Object.values(inputs)
    const shape = tensors[0]!.shape
    if (tensors.some((tensor) => !util.arraysEqual(tensor.shape, shape))) return undefined
    const place = axis < 0 ? axis + shape.length + 1 : axis
    if (place < 0 || place > shape.length) return undefined
    const wide = [...shape.slice(0, place), 1, ...shape.slice(place)]
    return concat(
      backend,
      tensors.map((tensor) => ({ ...tensor, shape: wide })),
      place,
    )
  })
}

function concat(
  backend: NativeBackend,
  tensors: readonly TensorInfo[],
  axis: number,
): TensorInfo | undefined {
  const [first] = tensors
  if (!tensors.every((tensor) => isNumeric(tensor) && tensor.dtype === first!.dtype)) return undefined
  const shape = [...first!.shape]
  if (
    tensors.some(({ shape: other }) => !other.every((size, index) => index === axis || size === shape[index]))
  )
    return undefined // the cpu kernel says what is wrong
  shape[axis] = tensors.reduce((sum, tensor) => sum + tensor.shape[axis]!, 0)
  const y = backend.allocate(shape, first!.dtype)
  const rows = util.sizeFromShape(shape.slice(0, axis))
  const width = util.sizeFromShape(shape.slice(axis))
  let offset = 0
  for (const tensor of tensors) {
    const size = util.sizeFromShape(tensor.shape.slice(axis))
    backend.addon.copyBlocks(backend.numeric(tensor), y.values, numbers(rows, size, size, 0, width, offset))
    offset += size
  }
  return y.info
}

function slice(
  backend: NativeBackend,
  x: TensorInfo,
  begin: readonly number[],
  size: readonly number[],
): TensorInfo | undefined {
  if (!isNumeric(x) || x.shape.length > 8) return undefined
  const strides = util.computeStrides(x.shape).concat(1)
  const offset = begin.reduce((sum, start, axis) => sum + start * strides[axis]!, 0)
  return strided(backend, x, backend.allocate([...size], x.dtype), strides.slice(0, size.length), offset)
}

/** Repeats along axes of size 1 by strides of 0, along others block by block. */
function tile(backend: NativeBackend, x: TensorInfo, reps: readonly number[]): TensorInfo | undefined {
  if (!isNumeric(x) || x.shape.length !== reps.length || x.shape.length > 4) return undefined
  const strides = util.computeStrides(x.shape).concat(1)
  const y = backend.allocate(
    x.shape.map((size, axis) => size * reps[axis]!),
    x.dtype,
  )
  // Each axis becomes two: which repetition, with stride 0, and where in it.
  const shape = x.shape.flatMap((size, axis) => [reps[axis]!, size])
  const steps = x.shape.flatMap((_, axis) => [0, strides[axis]!])
  if (shape.length > 0) {
    const kept = shape.map((size, index) => ({ size, step: steps[index]! })).filter(({ size }) => size !== 1)
    const walk = kept.length > 0 ? kept : [{ size: 1, step: 1 }]
    const packed = numbers(walk.length, 0, ...walk.map(({ size }) => size), ...walk.map(({ step }) => step))
    backend.addon.strided(backend.numeric(x), y.values, packed)
  } else {
    backend.addon.strided(backend.numeric(x), y.values, numbers(1, 0, 1, 1))
  }
  return y.info
}
