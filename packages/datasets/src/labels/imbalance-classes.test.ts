import { describe, expect, it } from 'vitest'
import { randomSource, type Dataset } from '@kd/core'
import { imbalanceClasses, randomClassWeights } from './imbalance-classes.js'
import { makeBlobs } from '../synthetic/make-blobs.js'

const balanced = makeBlobs({ examples: 4000, standardDeviations: [1, 1, 1, 1], test: 400 })
const sizes = ({ train }: Dataset): number[] =>
  [0, 1, 2, 3].map((label) => train.labels.filter((of) => of === label).length)

describe('imbalanceClasses', () => {
  it('thins classes out to an exponential tail', () => {
    const tail = imbalanceClasses(balanced, { kind: 'long-tail', factor: 27 })
    // 900 * 27^(-c/3)
    expect(sizes(tail)).toEqual([900, 300, 100, 33])
    expect(tail.test).toBe(balanced.test)
    const rowOf = new Map([...balanced.train.ids].map((id, row) => [id, row]))
    for (const [row, id] of tail.train.ids.entries()) {
      expect(tail.train.labels[row]).toBe(balanced.train.labels[rowOf.get(id)!])
      expect(tail.train.inputs[2 * row]).toBe(balanced.train.inputs[2 * rowOf.get(id)!])
    }
  })

  it('changes nothing at factor 1 and leaves at least one example at a huge one', () => {
    expect(imbalanceClasses(balanced, { kind: 'long-tail', factor: 1 }).train).toEqual(balanced.train)
    expect(sizes(imbalanceClasses(balanced, { kind: 'long-tail', factor: 1e9 }))).toEqual([900, 1, 1, 1])
  })

  it('makes sizes proportional to random weights, one class being whole', () => {
    const found = sizes(imbalanceClasses(balanced, { kind: 'random-weights', seed: 5 }))
    expect(Math.max(...found)).toBe(900)
    const units = found.map((size) => size / 900)
    expect(new Set(units).size).toBe(4)
    const other = sizes(imbalanceClasses(balanced, { kind: 'random-weights', seed: 6 }))
    expect(other).not.toEqual(found)
  })

  it('rejects a factor below 1 and a class without examples', () => {
    expect(() => imbalanceClasses(balanced, { kind: 'long-tail', factor: 0.5 })).toThrow(
      'factor must be in [1, Infinity), got 0.5',
    )
    const missing = { ...balanced, classNames: [...balanced.classNames, 'nobody'] }
    expect(() => imbalanceClasses(missing, { kind: 'long-tail', factor: 2 })).toThrow(
      'imbalanceClasses: every class must have training examples, got none of 4',
    )
  })
})

describe('randomClassWeights', () => {
  it('draws different multiples of one unit that sum to 1', () => {
    const weights = randomClassWeights(20, randomSource(1))
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
    expect(new Set(weights).size).toBe(20)
    expect(Math.max(...weights) / Math.min(...weights)).toBeLessThanOrEqual(200)
  })
})
