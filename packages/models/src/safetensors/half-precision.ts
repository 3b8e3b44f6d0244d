/** Widens numbers of IEEE 754 binary16, which have 1 sign bit, 5 bits of exponent and 10 of fraction. */
export function decodeFloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1
    const exponent = (half >> 10) & 0x1f
    const fraction = half & 0x3ff
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })
}

/** Widens numbers of bfloat16, which are the upper halves of float32 numbers. */
export function decodeBfloat16(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer)
}

/**
 * Rounds each number to the nearest of IEEE 754 binary16, and to the even one of two that are as near, as numpy and
 * PyTorch round.
 *
 * @param values - those beyond 65504 become infinite
 * @returns the bits
 */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength))
  return Uint16Array.from(bits, (single, index) => {
    const sign = (single >>> 16) & 0x8000
    const size = Math.abs(values[index]!)
    if (Number.isNaN(size)) return sign | 0x7e00
    // Below 2^-14 numbers lie as far apart as just above it.
    const exponent = Math.max(((single >>> 23) & 0xff) - 127, -14)
    if (exponent > 15) return sign | 0x7c00
    // Steps are 1024 to 2047, and fewer below 2^-14; rounding up to 2048 raises the exponent by one.
    const steps = roundToEven(size * 2 ** (10 - exponent))
    return sign | (((exponent + 14) << 10) + steps)
  })
}

function roundToEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded
}
