import type { SafetensorsTensor } from '../safetensors/safetensors-tensor.js'

/** Makes PyTorch tensors by name with the values that tools/goldens/models.py gave them. */
export function goldenTensors(
  tensors: readonly (readonly [name: string, shape: readonly number[]])[],
): Map<string, SafetensorsTensor> {
  return new Map(
    tensors.map(([name, shape], stream) => {
      const uniform = hashedUniform(
        stream,
        shape.reduce((left, right) => left * right, 1),
      )
      const data = Float32Array.from(uniform, scaleOf(name, shape))
      return [name, { dtype: 'F32', shape, data }]
    }),
  )
}

function scaleOf(name: string, shape: readonly number[]): (uniform: number) => number {
  if (shape.length > 1) {
    const bound = Math.sqrt(6 / shape.slice(1).reduce((left, right) => left * right, 1))
    return (uniform) => uniform * bound
  }
  if (name.endsWith('running_var')) return (uniform) => 1 + 0.5 * uniform
  if (name.endsWith('weight')) return (uniform) => 1 + 0.3 * uniform
  return (uniform) => 0.2 * uniform
}

/** Makes numbers in [-1, 1) from a 32-bit mix of position and stream; tools/goldens/models.py makes the same bit by bit. */
export function hashedUniform(stream: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => {
    let value = (Math.imul(index, 2654435761) + Math.imul(stream + 1, 2246822519)) >>> 0
    value = Math.imul(value ^ (value >>> 15), 2146121005)
    value = Math.imul(value ^ (value >>> 12), 2221713035)
    return ((value ^ (value >>> 15)) >>> 0) / 2 ** 31 - 1
  })
}
