import { io } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { quantizeWeights } from './quantize-weights.js'

const kernel = [-0.5, 0, 0.25, 1.003, 0, -0.001]
const bias = [0.1, -7, 1e-9]
const specs: io.WeightsManifestEntry[] = [
  { name: 'dense/kernel', shape: [2, 3], dtype: 'float32' },
  { name: 'dense/bias', shape: [3], dtype: 'float32' },
]
const bytesOf = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

describe('quantizeWeights', () => {
  it.each([
    ['float16', 12 + 12, 1.003 / 2048],
    ['uint8', 6 + 12, 1.503 / 255 / 2 + 1e-6],
  ] as const)('is read by the loader of TensorFlow.js: %s', (dtype, size, error) => {
    const quantized = quantizeWeights(specs, bytesOf(...kernel, ...bias), dtype)
    expect(quantized.bytes.length).toBe(size)
    const read = io.decodeWeights(quantized.bytes.buffer as ArrayBuffer, quantized.specs)
    const values = [...read['dense/kernel']!.dataSync()]
    for (const [at, value] of kernel.entries())
      expect(Math.abs(values[at]! - value)).toBeLessThanOrEqual(error)
    expect([values[1], values[4]]).toEqual([0, 0])
    expect([...read['dense/bias']!.dataSync()]).toEqual(bias.map(Math.fround))
  })

  it('keeps a kernel of zeros, and one of the same sign', () => {
    for (const values of [
      [0, 0],
      [2, 3],
      [-3, -3],
    ]) {
      const one = { name: 'k', shape: [1, 2], dtype: 'float32' as const }
      const { bytes, specs: changed } = quantizeWeights([one], bytesOf(...values), 'uint8')
      const read = [...io.decodeWeights(bytes.buffer as ArrayBuffer, changed)['k']!.dataSync()]
      for (const [at, value] of values.entries()) expect(read[at]).toBeCloseTo(value, 1)
    }
  })

  it.each([
    [NaN, 'uint8', 'dense/kernel must hold finite numbers, got NaN'],
    [70000, 'float16', 'dense/kernel must hold finite numbers of at most 65504, got 70000'],
  ] as const)('refuses %f as %s', (value, dtype, message) => {
    const bytes = bytesOf(value, ...kernel.slice(1), ...bias)
    expect(() => quantizeWeights(specs, bytes, dtype)).toThrow(message)
  })
})
