const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** Rounds a number of less than 65,520 to half precision, to the nearest and to even between two, and gives its 16 bits. */
export function halfFloat(value: number): number {
  const magnitude = Math.abs(value)
  float[0] = value
  const sign = (bits[0]! >>> 16) & 0x8000
  // Below 2^-14 half precision has steps of 2^-24. A carry into the next power of two gives the right bits.
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24)
  const exponent = Math.floor(Math.log2(magnitude))
  const power = 2 ** exponent > magnitude ? exponent - 1 : exponent
  return sign | (((power + 15) << 10) + roundToEven((magnitude / 2 ** power - 1) * 1024))
}

function roundToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}
