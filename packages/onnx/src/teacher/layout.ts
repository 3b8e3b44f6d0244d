import type { Normalization } from '@kd/core'
import type { FloatValues } from '../runtime.js'

/** Turns images [N, H, W, C] into [N, C, H, W]. */
export function toChannelsFirst({ values, shape }: FloatValues): FloatValues {
  const [count, height, width, channels] = shape as [number, number, number, number]
  return {
    values: transposed(values, count, height * width, channels),
    shape: [count, channels, height, width],
  }
}

/** Turns images [N, C, H, W] into [N, H, W, C], and leaves other ranks as they are. */
export function toChannelsLast({ values, shape }: FloatValues): FloatValues {
  if (shape.length !== 4) return { values, shape }
  const [count, channels, height, width] = shape as [number, number, number, number]
  return {
    values: transposed(values, count, channels, height * width),
    shape: [count, height, width, channels],
  }
}

function transposed(values: Float32Array, count: number, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length)
  for (let item = 0, from = 0; item < count; item++) {
    const start = item * rows * columns
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) result[start + column * rows + row] = values[from++]!
    }
  }
  return result
}

/**
 * Takes inputs from the data set's normalisation to the teacher's: x · s_d / s_t + (m_d - m_t) / s_t for each channel, with the
 * means m and the standard deviations s.
 *
 * @param inputs - channels last
 */
export function renormalized(
  { values, shape }: FloatValues,
  from: Normalization,
  to: Normalization,
): FloatValues {
  const channels = shape.at(-1)!
  const at = (numbers: readonly number[], channel: number): number =>
    numbers[numbers.length === 1 ? 0 : channel]!
  const result = new Float32Array(values.length)
  for (let index = 0; index < values.length; index++) {
    const channel = index % channels
    const stored = values[index]! * at(from.standardDeviation, channel) + at(from.mean, channel)
    result[index] = (stored - at(to.mean, channel)) / at(to.standardDeviation, channel)
  }
  return { values: result, shape }
}

/** Joins results of single examples along the first axis. */
export function joined(parts: readonly FloatValues[]): FloatValues {
  if (parts.length === 1) return parts[0]!
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0))
  let at = 0
  for (const part of parts) {
    values.set(part.values, at)
    at += part.values.length
  }
  return { values, shape: [parts.length, ...parts[0]!.shape.slice(1)] }
}
