import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { NativeBackend } from '../native-backend.js'
import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'
import { reductionCode, type Reduction } from './operations.js'
import { transpose } from './transpose.js'

interface AxisAttributes {
  readonly axis?: number | number[]
  readonly reductionIndices?: number | number[]
  readonly keepDims?: boolean
}

/** A reduction as the addon sees it: the middle one of three axes goes away. */
interface Reduced {
  readonly x: TensorInfo
  /** This is to be called when `x` is no longer needed. */
  readonly dispose: () => void
  readonly outShape: number[]
  readonly outer: number
  readonly size: number
  readonly inner: number
}

/** Registers sums, means, extremes, their positions, and the largest values. */
export function registerReductionKernels(): void {
  registerFloatReduction('Sum', 'sum')
  registerFloatReduction('Max', 'max')
  registerFloatReduction('Min', 'min')
  registerFloatReduction('Mean', 'sum', (size) => 1 / size)
  for (const [name, any] of [
    ['Any', true],
    ['All', false],
  ] as const) {
    registerNative<AxisAttributes>(name, ({ inputs, attributes, backend }) => {
      if (inputs['x']!.dtype !== 'bool') return undefined
      return withAxes(backend, inputs['x']!, attributes, ({ x, outShape, outer, size, inner }) => {
        const out = backend.allocate(outShape, 'bool')
        backend.addon.anyOrAll(backend.bytes(x), out.values, numbers(any, outer, size, inner))
        return out.info
      })
    })
  }
  for (const [name, smallest] of [
    ['ArgMax', false],
    ['ArgMin', true],
  ] as const) {
    registerNative<AxisAttributes>(name, ({ inputs, attributes, backend }) => {
      if (inputs['x']!.dtype !== 'float32') return undefined
      const lastAxis = { axis: attributes.axis ?? 0, keepDims: false }
      const run = ({ x, outShape, outer, size }: Reduced): TensorInfo => {
        const out = backend.allocate(outShape, 'int32')
        backend.addon.argMax(backend.floats(x), out.values, numbers(smallest, outer, size, 1))
        return out.info
      }
      return withAxes(backend, inputs['x']!, lastAxis, run, true)
    })
  }
  registerTopK()
}

/** Sorted also where that is not asked for; NaN counts as the largest, as in PyTorch. */
function registerTopK(): void {
  registerNative<{ k: number }>('TopK', ({ inputs, attributes: { k }, backend }) => {
    const x = inputs['x']!
    if (x.dtype !== 'float32') return undefined
    const [size, outer] = [x.shape.at(-1)!, util.sizeFromShape(x.shape.slice(0, -1))]
    const shape = [...x.shape.slice(0, -1), k]
    const values = backend.allocate(shape, 'float32')
    const indices = backend.allocate(shape, 'int32')
    backend.addon.topK(backend.floats(x), values.values, indices.values, numbers(k, outer, size, 1))
    return [values.info, indices.info]
  })
}

function registerFloatReduction(
  name: string,
  reduction: Reduction,
  factor: (size: number) => number = () => 1,
): void {
  registerNative<AxisAttributes>(name, ({ inputs, attributes, backend }) => {
    const { dtype } = inputs['x']!
    const integers = dtype === 'int32' && name === 'Sum'
    if (dtype !== 'float32' && !integers) return undefined
    return withAxes(backend, inputs['x']!, attributes, ({ x, outShape, outer, size, inner }) => {
      const out = backend.allocate(outShape, dtype)
      if (integers) {
        const to = out.values as Int32Array
        backend.addon.sumIntegers(backend.integers(x), to, numbers(0, outer, size, inner))
      } else {
        const packed = numbers(reductionCode[reduction], outer, size, inner, factor(size))
        backend.addon.reduce(backend.floats(x), out.values as Float32Array, packed)
      }
      return out.info
    })
  })
}

function withAxes(
  backend: NativeBackend,
  x: TensorInfo,
  attributes: AxisAttributes,
  run: (reduced: Reduced) => TensorInfo,
  innermost = false,
): TensorInfo | undefined {
  const reduced = reduce(backend, x, attributes, innermost)
  if (reduced === undefined) return undefined
  const result = run(reduced)
  reduced.dispose()
  return result
}

/** Brings the reduced axes to the end; with `innermost` even where they are adjacent elsewhere. */
function reduce(
  backend: NativeBackend,
  x: TensorInfo,
  attributes: AxisAttributes,
  innermost: boolean,
): Reduced | undefined {
  if (util.sizeFromShape(x.shape) === 0) return undefined
  const given = attributes.axis ?? attributes.reductionIndices
  const axes = util.parseAxisParam(given as number | number[], x.shape).sort((left, right) => left - right)
  const outShape = x.shape.flatMap((size, axis) =>
    axes.includes(axis) ? (attributes.keepDims === true ? [1] : []) : [size],
  )
  const first = axes[0] ?? 0
  const adjacent = axes.every((axis, index) => axis === first + index)
  if (adjacent && (!innermost || first + axes.length === x.shape.length)) {
    const end = first + axes.length
    const [outer, size, inner] = [x.shape.slice(0, first), x.shape.slice(first, end), x.shape.slice(end)].map(
      (part) => util.sizeFromShape(part),
    )
    return { x, dispose: () => undefined, outShape, outer: outer!, size: size!, inner: inner! }
  }
  const moved = transpose(backend, x, backend_util.getAxesPermutation(axes, x.shape.length)!)
  if (moved === undefined) return undefined
  const size = util.sizeFromShape(axes.map((axis) => x.shape[axis]!))
  const dispose = (): void => backend.disposeIntermediateTensorInfo(moved)
  return { x: moved, dispose, outShape, outer: util.sizeFromShape(x.shape) / size, size, inner: 1 }
}
