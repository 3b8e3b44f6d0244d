import { describe, expect, it } from 'vitest'
import { randomSource } from './random-source.js'

const draw = (count: number, next: () => number): number[] => Array.from({ length: count }, next)
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
const variance = (values: readonly number[]): number =>
  mean(values.map((value) => (value - mean(values)) ** 2))

describe('randomSource', () => {
  it('repeats itself for a seed and differs between seeds', () => {
    const numbers = (seed: number): number[] => {
      const random = randomSource(seed)
      return draw(5, () => random.uniform())
    }
    expect(numbers(7)).toEqual(numbers(7))
    expect(numbers(7)).not.toEqual(numbers(8))
  })

  it('gives the same numbers on every machine and in every version', () => {
    const random = randomSource(42).split('order')
    expect(draw(3, () => random.seed())).toMatchInlineSnapshot(`
      [
        137749649,
        738012492,
        1134014842,
      ]
    `)
  })

  it('splits by name, whatever was drawn before, and keeps joined names apart', () => {
    const random = randomSource(1)
    const before = random.split('a').uniform()
    random.uniform()
    expect(random.split('a').uniform()).toBe(before)
    expect(random.split('b').uniform()).not.toBe(before)
    expect(random.split('a/1:b').uniform()).not.toBe(random.split('a').split('b').uniform())
  })

  it('gives neighbouring seeds unrelated first numbers', () => {
    const first = draw(2000, () => 0).map((_, seed) => randomSource(seed).uniform())
    expect(mean(first)).toBeCloseTo(0.5, 1)
    expect(variance(first)).toBeCloseTo(1 / 12, 2)
    const products = first.slice(1).map((value, index) => (value - 0.5) * (first[index]! - 0.5))
    expect(Math.abs(mean(products))).toBeLessThan(0.006) // 3 standard errors of 1/12 / sqrt(2000)
  })

  it('has the moments of its distributions', () => {
    const random = randomSource(3)
    const normal = draw(20_000, () => random.normal())
    expect(Math.abs(mean(normal))).toBeLessThan(0.03)
    expect(variance(normal)).toBeCloseTo(1, 1)
    const beta = draw(20_000, () => random.beta(0.5, 1.5))
    expect(mean(beta)).toBeCloseTo(0.25, 2)
    expect(variance(beta)).toBeCloseTo((0.5 * 1.5) / (4 * 3), 2)
  })

  it.each([1e-1, 1e-3, 1e-6, 1e-300])(
    'draws 0 and 1 about equally often from a beta of shape %s',
    (shape) => {
      const random = randomSource(5)
      const draws = draw(4000, () => random.beta(shape, shape))
      expect(draws.every((value) => value >= 0 && value <= 1)).toBe(true)
      expect(mean(draws)).toBeCloseTo(0.5, 1)
      // The variance of a beta of equal shapes is 1 / (4 (2 shape + 1)).
      expect(variance(draws)).toBeCloseTo(1 / (4 * (2 * shape + 1)), 2)
    },
  )

  it('shuffles into every order about equally often', () => {
    const random = randomSource(4)
    const counts = new Map<string, number>()
    for (let trial = 0; trial < 6000; trial++) {
      const order = random.shuffle([0, 1, 2]).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120)
  })
})
