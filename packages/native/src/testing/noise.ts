/**
 * @param length - how many numbers
 * @param seed - >= 0
 * @param size - the largest
 * @returns numbers in (-size, size) that depend on nothing else
 */
export function noise(length: number, seed: number, size: number): Float32Array {
  // Lehmer's generator, with the factor of Park and Miller.
  let state = (seed % 2147483646) + 1
  return Float32Array.from({ length }, () => {
    state = (state * 48271) % 2147483647
    return ((state / 2147483647) * 2 - 1) * size
  })
}
