import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator'

/**
 * The one source of randomness: a seeded stream that can be split by name.
 *
 * A child depends only on the parent's seed and the names on the way to it, never on how many numbers were drawn,
 * so adding a random step in one place changes nothing in another.
 */
export interface RandomSource {
  /** An independent source for a purpose (`'order'`) or a step (`3`). */
  split(name: string | number): RandomSource
  /** A float in [0, 1) with 32 random bits. */
  uniform(): number
  /** A draw from N(0, 1). */
  normal(): number
  /** An integer in [0, limit), without bias. */
  integer(limit: number): number
  /** A draw from Beta(a, b), a and b > 0. */
  beta(a: number, b: number): number
  /** Puts the values of an array in random order, in place, and returns it. */
  shuffle<Values extends { length: number; [index: number]: unknown }>(values: Values): Values
  /** A 31-bit seed for code that wants a number, such as a TensorFlow.js initializer. */
  seed(): number
}

/**
 * Makes a random source from a seed.
 *
 * Generator: xoroshiro128+ of the package pure-rand; the state is a hash of the seed and the path of names.
 *
 * @param seed - any number or text; the same one gives the same numbers on every machine
 * @returns a fresh source at the start of its stream
 *
 * @example
 * ```ts
 * import { randomSource } from '@kd/core'
 *
 * const random = randomSource(7)
 * const order = random.split('order').shuffle(new Int32Array([0, 1, 2, 3]))
 * console.log(order.length) // 4
 * ```
 */
export function randomSource(seed: number | string): RandomSource {
  return new PathRandomSource(`${seed}`)
}

class PathRandomSource implements RandomSource {
  readonly #path: string
  #generator: JumpableRandomGenerator | undefined

  constructor(path: string) {
    this.#path = path
  }

  split(name: string | number): RandomSource {
    // The length keeps ['a/b'] and ['a', 'b'] apart.
    return new PathRandomSource(`${this.#path}/${`${name}`.length}:${name}`)
  }

  uniform(): number {
    return (this.#next() >>> 0) / 2 ** 32
  }

  normal(): number {
    // Box-Muller; 1 - u keeps the logarithm finite.
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform())
  }

  integer(limit: number): number {
    this.#generator ??= xoroshiro128plusFromState(hash128(this.#path))
    return uniformInt(this.#generator, 0, limit - 1)
  }

  beta(a: number, b: number): number {
    const x = this.#gamma(a)
    const y = this.#gamma(b)
    if (x.value > SMALLEST && y.value > SMALLEST) return x.value / (x.value + y.value)
    // Under small shapes both may be too small for a number, which their logarithms are not.
    return 1 / (1 + Math.exp(y.logarithm - x.logarithm))
  }

  shuffle<Values extends { length: number; [index: number]: unknown }>(values: Values): Values {
    for (let last = values.length - 1; last > 0; last--) {
      const other = this.integer(last + 1)
      const value = values[last]
      values[last] = values[other]
      values[other] = value
    }
    return values
  }

  seed(): number {
    return this.#next() >>> 1
  }

  #next(): number {
    this.#generator ??= xoroshiro128plusFromState(hash128(this.#path))
    return this.#generator.next()
  }

  /** Marsaglia and Tsang (2000), with their power trick for shapes below 1. */
  #gamma(shape: number): { readonly value: number; readonly logarithm: number } {
    if (shape < 1) {
      const { value, logarithm } = this.#gamma(shape + 1)
      const rest = 1 - this.uniform()
      return { value: value * rest ** (1 / shape), logarithm: logarithm + Math.log(rest) / shape }
    }
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = this.normal()
      const v = (1 + c * x) ** 3
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
        return { value: d * v, logarithm: Math.log(d * v) }
      }
    }
  }
}

/** Below this a number has fewer digits. */
const SMALLEST = 2 ** -1022

/** Four 32-bit words from a text: FNV-1a with four offsets, each finished as in MurmurHash3. */
function hash128(text: string): [number, number, number, number] {
  const word = (offset: number): number => {
    let hash = 0x811c9dc5 ^ offset
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return hash ^ (hash >>> 16)
  }
  // An all-zero state would stay zero for ever.
  return [word(0x9e3779b9) | 1, word(0x243f6a88), word(0xb7e15162), word(0x6a09e667)]
}
