import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { biasVarianceKullbackLeibler, biasVarianceSquaredError } from './bias-variance.js'
import golden from './bias-variance.golden.json' with { type: 'json' }

const forms = [
  ['biasVarianceKullbackLeibler', biasVarianceKullbackLeibler, 'kullbackLeibler'],
  ['biasVarianceSquaredError', biasVarianceSquaredError, 'squaredError'],
] as const

/** K students' logits of N examples over C classes, and labels. */
const students = fc
  .tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 5 }))
  .chain(([count, examples, classes]) => {
    const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), {
      minLength: examples * classes,
      maxLength: examples * classes,
    })
    return fc.record({
      logits: fc.array(logits, { minLength: count, maxLength: count }),
      labels: fc.array(fc.nat({ max: classes - 1 }), { minLength: examples, maxLength: examples }),
    })
  })

describe.each(forms)('%s', (_, decompose, key) => {
  it.each(golden)('gives what numpy gives: $name', ({ logits, labels, ...expected }) => {
    const found = decompose(logits, labels)
    for (const part of ['loss', 'bias', 'variance'] as const) {
      expect(found[part]).toBeCloseTo(expected[key][part].mean, 9)
      for (const [row, value] of found.examples[part].entries())
        expect(value).toBeCloseTo(expected[key][part].examples[row]!, 9)
    }
  })

  it('sums up, in the mean and for each example', () => {
    fc.assert(
      fc.property(students, ({ logits, labels }) => {
        const { loss, bias, variance, examples } = decompose(logits, labels)
        expect(bias + variance).toBeCloseTo(loss, 10)
        expect(variance).toBeGreaterThanOrEqual(0)
        for (const row of labels.keys())
          expect(examples.bias[row]! + examples.variance[row]!).toBeCloseTo(examples.loss[row]!, 10)
      }),
    )
  })

  it('finds no variance in equal students, and all of their loss in the bias', () => {
    fc.assert(
      fc.property(students, ({ logits, labels }) => {
        const { loss, bias, variance } = decompose([logits[0]!, logits[0]!, logits[0]!], labels)
        expect(variance).toBeCloseTo(0, 10)
        expect(bias).toBeCloseTo(loss, 10)
      }),
    )
  })

  it('does not mind a constant in the logits or the order of the students', () => {
    fc.assert(
      fc.property(students, ({ logits, labels }) => {
        const other = [...logits].reverse().map((student) => student.map((value) => value + 7))
        expect(decompose(other, labels).variance).toBeCloseTo(decompose(logits, labels).variance, 9)
      }),
    )
  })

  it('is finite for logits of ±1e4', () => {
    const { loss, bias, variance } = decompose(
      [
        [1e4, -1e4],
        [-1e4, 1e4],
      ],
      [0],
    )
    for (const value of [loss, bias, variance]) expect(value).toSatisfy(Number.isFinite)
  })

  it('refuses what does not fit', () => {
    expect(() => decompose([], [0])).toThrow(/at least \d students?, got 0|at least \d students, got 0/)
    expect(() => decompose([[], []], [])).toThrow('must be [N, C] for 0 labels')
    expect(() =>
      decompose(
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
        [0, 1],
      ),
    ).toThrow('must be [N, C] for 2 labels')
    expect(() =>
      decompose(
        [
          [1, 2],
          [1, 2, 3, 4],
        ],
        [0],
      ),
    ).toThrow('got 2, 4 values')
    expect(() =>
      decompose(
        [
          [1, 2],
          [1, 2],
        ],
        [2],
      ),
    ).toThrow('classes below 2, got 2')
    expect(() =>
      decompose(
        [
          [1, 2],
          [1, 2],
        ],
        [0.5],
      ),
    ).toThrow('classes below 2, got 0.5')
  })
})

describe('by hand', () => {
  // Two students of one example with two classes, sure of 4/5 for the label and of 1/5.
  const logits = [
    [Math.log(4), 0],
    [0, Math.log(4)],
  ]

  it('cross-entropy: geometric means 2/5 and 2/5, Z = 4/5', () => {
    const { bias, variance } = biasVarianceKullbackLeibler(logits, [0])
    expect(bias).toBeCloseTo(Math.log(2), 12)
    expect(variance).toBeCloseTo(Math.log(5 / 4), 12)
  })

  it('squared error: mean 1/2, 1/2; (4/5 - 1/2)² four times, over 1', () => {
    const { loss, bias, variance } = biasVarianceSquaredError(logits, [0])
    expect(variance).toBeCloseTo(4 * 0.09, 12)
    expect(loss).toBeCloseTo((2 * 0.04 + 2 * 0.64) / 2, 12)
    expect(bias).toBeCloseTo(0.5 - 0.36 / 2, 12)
  })

  it('one student varies not, and has no unbiased estimate', () => {
    expect(biasVarianceKullbackLeibler([logits[0]!], [0]).variance).toBeCloseTo(0, 12)
    expect(() => biasVarianceSquaredError([logits[0]!], [0])).toThrow('at least 2 students, got 1')
  })
})
