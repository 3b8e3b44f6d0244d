import { broadcast_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core'
import type { NativeBackend } from '../native-backend.js'
import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'
import {
  binaryCode,
  comparisonCode,
  integerCode,
  type BinaryOperation,
  type Comparison,
  type IntegerOperation,
} from './operations.js'

/** Inputs by name, and what to do with float32 and int32. */
interface Arithmetic {
  readonly inputs: readonly [string, string]
  readonly floats: BinaryOperation
  readonly integers?: IntegerOperation
}

const arithmetic: Record<string, Arithmetic> = {
  Add: { inputs: ['a', 'b'], floats: 'add', integers: 'add' },
  Sub: { inputs: ['a', 'b'], floats: 'sub', integers: 'sub' },
  Multiply: { inputs: ['a', 'b'], floats: 'mul', integers: 'mul' },
  RealDiv: { inputs: ['a', 'b'], floats: 'div' },
  Maximum: { inputs: ['a', 'b'], floats: 'max', integers: 'max' },
  Minimum: { inputs: ['a', 'b'], floats: 'min', integers: 'min' },
  SquaredDifference: { inputs: ['a', 'b'], floats: 'squaredDifference' },
  Pow: { inputs: ['a', 'b'], floats: 'pow' },
  Prelu: { inputs: ['x', 'alpha'], floats: 'prelu' },
  EluGrad: { inputs: ['dy', 'y'], floats: 'eluGrad' },
}

const relations: Record<string, Comparison> = {
  Equal: 'equal',
  NotEqual: 'notEqual',
  Greater: 'greater',
  GreaterEqual: 'greaterEqual',
  Less: 'less',
  LessEqual: 'lessEqual',
}

/** Registers the kernels of two inputs that broadcast. */
export function registerBinaryKernels(): void {
  for (const [name, kernel] of Object.entries(arithmetic)) {
    const [first, second] = kernel.inputs
    registerNative(name, ({ inputs, backend }) => {
      const a = inputs[first]!
      const b = inputs[second]!
      if (a.dtype !== b.dtype) return undefined
      if (a.dtype === 'float32') return binary(backend, kernel.floats, a, b)
      if (a.dtype === 'int32' && kernel.integers !== undefined)
        return combine(backend, 'int32', integerCode[kernel.integers], a, b)
      return undefined
    })
  }
  for (const [name, comparison] of Object.entries(relations)) {
    registerNative(name, ({ inputs, backend }) => compare(backend, comparison, inputs['a']!, inputs['b']!))
  }
  for (const [name, either] of [
    ['LogicalAnd', false],
    ['LogicalOr', true],
  ] as const) {
    registerNative(name, ({ inputs, backend }) => {
      const a = inputs['a']!
      const b = inputs['b']!
      const shapes = broadcast(a, b)
      if (shapes === undefined || a.dtype !== 'bool' || b.dtype !== 'bool') return undefined
      const { info, values } = backend.allocate(shapes.out, 'bool')
      backend.addon.logical(backend.bytes(a), backend.bytes(b), values, numbers(either, ...shapes.packed))
      return info
    })
  }
}

/**
 * One element-wise loop over two float32 tensors.
 *
 * @param backend - runs it
 * @param operation - which
 * @param a - first
 * @param b - second, of a shape that broadcasts with the first's
 * @returns a new tensor, or undefined where the rank is above 8
 */
export function binary(
  backend: NativeBackend,
  operation: BinaryOperation,
  a: TensorInfo,
  b: TensorInfo,
): TensorInfo | undefined {
  return combine(backend, 'float32', binaryCode[operation], a, b)
}

function combine(
  backend: NativeBackend,
  dtype: 'float32' | 'int32',
  code: number,
  a: TensorInfo,
  b: TensorInfo,
): TensorInfo | undefined {
  const shapes = broadcast(a, b)
  if (shapes === undefined) return undefined
  const { info, values } = backend.allocate(shapes.out, dtype as DataType)
  const packed = numbers(code, ...shapes.packed)
  if (values instanceof Float32Array)
    backend.addon.binary(backend.floats(a), backend.floats(b), values, packed)
  else backend.addon.integerBinary(backend.integers(a), backend.integers(b), values as Int32Array, packed)
  return info
}

function compare(
  backend: NativeBackend,
  comparison: Comparison,
  a: TensorInfo,
  b: TensorInfo,
): TensorInfo | undefined {
  const shapes = broadcast(a, b)
  if (shapes === undefined || a.dtype !== b.dtype || (a.dtype !== 'float32' && a.dtype !== 'int32'))
    return undefined
  const { info, values } = backend.allocate(shapes.out, 'bool')
  const packed = numbers(comparisonCode[comparison], ...shapes.packed)
  if (a.dtype === 'float32') backend.addon.compare(backend.floats(a), backend.floats(b), values, packed)
  else backend.addon.integerCompare(backend.integers(a), backend.integers(b), values, packed)
  return info
}

/** The output's shape, and both shapes at equal rank as the addon takes them; undefined for ranks it does not. */
function broadcast(a: TensorInfo, b: TensorInfo): { out: number[]; packed: number[] } | undefined {
  const rank = Math.max(a.shape.length, b.shape.length, 1)
  if (rank > 8) return undefined
  const out = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape)
  return { out, packed: [rank, ...widen(a.shape, rank), ...widen(b.shape, rank)] }
}

function widen(shape: number[], rank: number): number[] {
  return shape.length === rank ? shape : [...Array<number>(rank - shape.length).fill(1), ...shape]
}
