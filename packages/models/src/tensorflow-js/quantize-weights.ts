import { InvalidArgumentError } from '@kd/core'
import type { io } from '@tensorflow/tfjs-core'
import { encodeFloat16 } from '../safetensors/half-precision.js'

/** Weights as `weights.bin` holds them, with what `model.json` says of them. */
export interface QuantizedWeights {
  readonly specs: io.WeightsManifestEntry[]
  readonly bytes: Uint8Array
}

/**
 * Makes the weights of a TensorFlow.js model smaller, in the form that its loader reads without being told.
 *
 * - `'float16'`: kernels as half precision numbers; half the size.
 * - `'uint8'`: kernels as q in [0, 255] with w = scale · q + min of the whole kernel, and 0 is kept exactly; a quarter.
 *
 * Kernels are weights of two axes or more. Biases and batch normalisation stay as they are: they are small, and much depends on them.
 * How much accuracy that costs depends on the network: measure it on held-out data.
 *
 * @param specs - names, shapes and dtypes, as a saved model has them
 * @param bytes - the float32 weights one behind the other
 * @param dtype - of the kernels
 * @returns new weights; the given ones do not change
 * @throws {@link InvalidArgumentError} for a kernel that is not of finite numbers, or too large for float16
 *
 * @example
 * ```ts
 * import { quantizeWeights } from '@kd/models'
 *
 * const kernel = { name: 'dense/kernel', shape: [2, 2], dtype: 'float32' as const }
 * const bytes = new Uint8Array(new Float32Array([-1, 0, 1, 2]).buffer)
 * console.log(quantizeWeights([kernel], bytes, 'uint8').bytes.length) // 4
 * ```
 *
 * @see https://github.com/tensorflow/tfjs/blob/master/tfjs-converter/python/tensorflowjs/quantization.py
 */
export function quantizeWeights(
  specs: readonly io.WeightsManifestEntry[],
  bytes: Uint8Array,
  dtype: 'float16' | 'uint8',
): QuantizedWeights {
  const parts: Uint8Array[] = []
  let from = 0
  const changed = specs.map((spec) => {
    const length = 4 * spec.shape.reduce((product, size) => product * size, 1)
    const part = bytes.slice(from, (from += length))
    if (spec.dtype !== 'float32' || spec.shape.length < 2) {
      parts.push(part)
      return spec
    }
    const values = new Float32Array(part.buffer)
    assertRange(spec.name, values, dtype)
    if (dtype === 'float16') {
      parts.push(new Uint8Array(encodeFloat16(values).buffer))
      return { ...spec, quantization: { dtype, original_dtype: 'float32' as const } }
    }
    const { whole, ...range } = wholeNumbers(values)
    parts.push(whole)
    return { ...spec, quantization: { dtype, ...range, original_dtype: 'float32' as const } }
  })
  return { specs: changed, bytes: joined(parts) }
}

/** Half precision rounds larger numbers to infinity. */
const LARGEST_FLOAT16 = 65504

function assertRange(name: string, values: Float32Array, dtype: 'float16' | 'uint8'): void {
  const largest = dtype === 'float16' ? LARGEST_FLOAT16 : Infinity
  const wrong = values.find((value) => !Number.isFinite(value) || Math.abs(value) > largest)
  if (wrong === undefined) return
  throw new InvalidArgumentError(
    `quantizeWeights: ${name} must hold finite numbers${dtype === 'float16' ? ` of at most ${largest}` : ''}, got ${wrong}`,
  )
}

function wholeNumbers(values: Float32Array): { whole: Uint8Array; min: number; scale: number } {
  // The range has 0 in it, so that a weight of 0 stays one.
  let [least, greatest] = [0, 0]
  for (const value of values) {
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
  }
  const scale = (greatest - least) / 255 || 1
  const min = Math.round(least / scale) * scale
  return { whole: Uint8Array.from(values, (value) => clipped(Math.round((value - min) / scale))), min, scale }
}

function clipped(value: number): number {
  return Math.max(0, Math.min(255, value))
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
