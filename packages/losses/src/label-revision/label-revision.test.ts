import {
  describeMethodConformance,
  expectAllClose,
  expectNoLeak,
  lossesOf,
  methodBatch,
  startMethod,
  type GoldenFile,
} from '@kd/testing'
import { describe, expect, it } from 'vitest'
import goldenFile from './label-revision.golden.json' with { type: 'json' }
import { labelRevision } from './label-revision.js'
import type { LabelRevisionOptions } from './label-revision.js'

const golden = goldenFile as unknown as GoldenFile<LabelRevisionOptions>
const casesOf = (loss: 'mse' | 'kl'): GoldenFile<LabelRevisionOptions> => ({
  ...golden,
  cases: golden.cases.filter(({ options }) => (options.loss ?? 'mse') === loss),
})

describe('with squared errors', () => {
  // Logits are compared as they are, so their zero matters.
  describeMethodConformance(labelRevision, { golden: casesOf('mse'), shiftInvariant: false })
})
describe('with divergences', () => {
  describeMethodConformance((options: LabelRevisionOptions = { loss: 'kl' }) => labelRevision(options), {
    golden: casesOf('kl'),
  })
})

describe('labelRevision', () => {
  it('gives the squared error to the revised label worked out by hand', () => {
    // softmax of the student [0.5, 1.5, 0.2, -0.3] = [0.203731, 0.553799, 0.150927, 0.091542] against
    // [0.366112, 0.566112, 0.049548, 0.018228]: the mean of the four squares is 0.0105430.
    const batch = methodBatch({
      studentLogits: [[0.5, 1.5, 0.2, -0.3]],
      teacherLogits: [[[2, 1, 0, -1]]],
      labels: [1],
    })
    const { parts, total } = lossesOf(labelRevision(), batch)
    expectAllClose(parts['revised']!, [0.010543], { absolute: 1e-7 })
    expectAllClose(parts['teacher']!, [0])
    expectAllClose(parts['label']!, [0])
    expectAllClose(total, 0.010543, { absolute: 1e-7 })
  })

  // The teacher is wrong on the first, right on the other two.
  const batch = methodBatch({
    studentLogits: [
      [0, 0],
      [0, 0],
      [1, 0],
    ],
    teacherLogits: [
      [
        [0, 2],
        [2, 0],
        [3, 1],
      ],
    ],
    labels: [0, 0, 0],
  })
  const one = Math.log(2)
  const two = Math.log1p(Math.exp(-1))

  it('takes each mean over its own group', () => {
    const { parts, total } = lossesOf(labelRevision({ revisedLossWeight: 0 }), batch)
    // N / |group| = 3/2 where the teacher is right; squared errors (4 + 0) / 2 and (4 + 1) / 2, times 4.
    expectAllClose(parts['label']!, [0, 1.5 * one, 1.5 * two])
    expectAllClose(parts['teacher']!, [0, 1.5 * 4 * 2, 1.5 * 4 * 2.5])
    expectAllClose(total, (one + two) / 2 + 4 * 2.25)
  })

  it('takes them over the batch when told so, and the label loss everywhere when told so', () => {
    const { parts } = lossesOf(labelRevision({ groupMeans: false, labelLossOnWrong: true }), batch)
    expectAllClose(parts['label']!, [one, one, two])
    expectAllClose(parts['teacher']!, [0, 8, 10])
  })

  it('revises every example with scope all, and compares no logits', () => {
    const { parts } = lossesOf(labelRevision({ scope: 'all' }), batch)
    expect(Object.keys(parts)).toEqual(['label', 'revised'])
    const right = 1 / (1 + Math.exp(-2))
    // Teacher right with [right, 1 - right]: revised is 0.8 of it plus 0.2; the student says 0.5.
    expectAllClose(parts['revised']!.dataSync()[1]!, (0.8 * right + 0.2 - 0.5) ** 2)
  })

  it('says how much probability revision moves, at the temperature of its form', async () => {
    const movedBy = async (options: LabelRevisionOptions, step = batch): Promise<number[]> => {
      const method = labelRevision(options)
      expect(method.needs.exampleOutputs).toBe(true)
      const { running } = startMethod(method, step)
      expect(await running.examples!(step.ids)).toEqual({})
      const { movedProbability, ...others } = await running.examples!(step.ids, step)
      expect(others).toEqual({})
      return [...movedProbability!]
    }
    // p = softmax([2, 1, 0, -1]) = [0.643914, 0.236883, 0.087144, 0.032059] becomes [0.366112, 0.566112, 0.049548, 0.018228]: the label
    // gains 0.329229. At temperature 2 p = [0.455054, 0.276004, 0.167405, 0.101536] and beta = 0.8 / 1.179050 = 0.678512: it gains
    // (1 - beta) (1 - 0.276004) = 0.232756. The teacher is right on the second, which scope all moves by (1 - 0.8) (1 - p_label).
    const two = methodBatch({
      studentLogits: [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ],
      teacherLogits: [
        [
          [2, 1, 0, -1],
          [2, 1, 0, -1],
        ],
      ],
      labels: [1, 0],
    })
    expectAllClose(await movedBy({}, two), [0.329229, 0])
    expectAllClose(await movedBy({ scope: 'all' }, two), [0.329229, 0.2 * (1 - 0.643914)])
    expectAllClose(await movedBy({ loss: 'kl', temperature: 2 }, two), [0.232756, 0])
    await expectNoLeak(() => movedBy({}))
  })

  it('refuses options out of range and those of the other form', () => {
    expect(() => labelRevision({ eta: 1 })).toThrow('labelRevision: eta must be < 1, got 1')
    expect(() => labelRevision({ logitLossWeight: -1 })).toThrow('logitLossWeight must be >= 0')
    expect(() => labelRevision({ revisedLossWeight: -1 })).toThrow('revisedLossWeight')
    expect(() => labelRevision({ loss: 'l2' as 'kl' })).toThrow(
      'labelRevision: loss must be mse or kl, got l2',
    )
    expect(() => labelRevision({ temperature: 2 } as object)).toThrow(
      'labelRevision: temperature must not be given, got 2\n  it is an option of loss kl; the options are loss, eta, scope,',
    )
    expect(() => labelRevision({ loss: 'kl', groupMeans: true } as object)).toThrow(
      'groupMeans must not be given, got true\n  it is an option of loss mse; the options are',
    )
    expect(() => labelRevision({ loss: 'kl', eta: 0 })).toThrow('eta must be > 0, got 0')
    expect(() => labelRevision({ loss: 'kl', temperature: 0 })).toThrow('temperature must be')
  })
})
