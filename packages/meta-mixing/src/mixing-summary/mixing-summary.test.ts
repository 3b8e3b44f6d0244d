import { randomSource } from '@kd/core'
import { expectAllClose } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { mixingSummary } from './mixing-summary.js'

describe('mixingSummary', () => {
  it('gives mean, deviation, histogram and class means of each term', () => {
    const { label, teacher0 } = mixingSummary({
      values: { label: Float32Array.of(0, 1, 2, 1), teacher0: Float32Array.of(1, 1, 1, 1) },
      labels: Int32Array.of(0, 0, 2, 2),
      bins: 2,
    })
    expect(label!.mean).toBe(1)
    expect(label!.standardDeviation).toBeCloseTo(Math.sqrt(0.5), 12)
    expect(label!.histogram).toEqual({ min: 0, max: 2, counts: [1, 3] })
    expect(label!.classMeans).toEqual([0.5, Number.NaN, 1.5])
    expect(label!.noise).toBeUndefined()
    expect(teacher0!.histogram).toEqual({ min: 1, max: 1, counts: [4, 0] })
  })

  it('measures how well weights tell wrong labels from right as a count of pairs does', () => {
    const random = randomSource(1)
    const weights = Float32Array.from({ length: 60 }, () => random.integer(8) / 4)
    const cleanLabels = Int32Array.from({ length: 60 }, () => random.integer(3))
    const labels = cleanLabels.map((label, row) => (row % 3 === 0 ? (label + 1) % 3 : label))
    const { label } = mixingSummary({ values: { label: weights }, labels, cleanLabels })
    const right = Array.from(weights).filter((_, row) => row % 3 !== 0)
    const wrong = Array.from(weights).filter((_, row) => row % 3 === 0)
    const pairs: number[] = right.flatMap((high) =>
      wrong.map((low) => (low < high ? 1 : low === high ? 0.5 : 0)),
    )
    expectAllClose(label!.noise!.wrongBelowRight, pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length)
    expectAllClose(label!.noise!.meanWhereRight, right.reduce((sum, value) => sum + value, 0) / right.length)
    expectAllClose(label!.noise!.meanWhereWrong, wrong.reduce((sum, value) => sum + value, 0) / wrong.length)
  })

  it('refuses lengths that do not fit', () => {
    const labels = Int32Array.of(0, 1)
    expect(() => mixingSummary({ values: { a: new Float32Array(3) }, labels })).toThrow(
      'mixingSummary: a must have 2 values like labels, got 3',
    )
    expect(() =>
      mixingSummary({ values: { a: new Float32Array(2) }, labels, cleanLabels: Int32Array.of(1) }),
    ).toThrow('mixingSummary: cleanLabels must have 2 values like labels, got 1')
  })
})
