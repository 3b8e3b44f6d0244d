import { describe, expect, it } from 'vitest'
import { evaluate } from '../training/evaluate.js'
import { logitTables, type LogitTable } from './logit-tables.js'

const logits = Float32Array.of(3, 0, 0, 0, 1, 0, 0, 0, 2)

describe('logitTables', () => {
  it('finds rows by number, and by id where there are ids', () => {
    const byRow = logitTables({ train: { logits, classes: 3 } })
    expect([...byRow.keptLogits('train', Int32Array.of(2, 0))]).toEqual([0, 0, 2, 3, 0, 0])
    const byId = logitTables({ test: { logits, classes: 3, ids: Int32Array.of(9, -4, 0) } })
    expect([...byId.keptLogits('test', Int32Array.of(-4))]).toEqual([0, 1, 0])
  })

  it('is a teacher of a run', async () => {
    const examples = {
      inputs: new Float32Array(3),
      labels: Int32Array.of(0, 1, 1),
      ids: Int32Array.of(0, 1, 2),
    }
    const dataset = {
      name: 'three',
      inputShape: [1],
      classNames: ['a', 'b', 'c'],
      normalization: { mean: [0], standardDeviation: [1] },
      train: examples,
      test: examples,
    }
    const found = await evaluate(logitTables({ test: { logits, classes: 3 } }), dataset, { split: 'test' })
    expect([...found.logits]).toEqual([...logits])
    expect(found.figures['top1']).toBeCloseTo(2 / 3)
  })

  it.each<[string, LogitTable, string]>([
    [
      'half a row',
      { logits: new Float32Array(4), classes: 3 },
      'must have rows of C logits, got 4 logits with C 3',
    ],
    ['no classes', { logits: new Float32Array(0), classes: 0 }, 'got 0 logits with C 0'],
    [
      'minus infinity',
      { logits: Float32Array.of(0, -Infinity), classes: 1 },
      'must be finite, got -Infinity in row 1',
    ],
    [
      'too few ids',
      { logits, classes: 3, ids: Int32Array.of(1) },
      'must have an id for each of 3 rows, got 1',
    ],
    ['an id twice', { logits, classes: 3, ids: Int32Array.of(1, 2, 1) }, 'must be there once, got 1 twice'],
  ])('refuses %s', (_, train, message) => {
    expect(() => logitTables({ train })).toThrow(message)
  })

  it('names the example and the split that it has no row for', () => {
    const teacher = logitTables({ train: { logits, classes: 3 } })
    for (const id of [-1, 3])
      expect(() => teacher.keptLogits('train', Int32Array.of(id))).toThrow(`got none for id ${id}\n`)
    expect(() => teacher.keptLogits('test', Int32Array.of(0))).toThrow('must be a table for test, got train')
  })
})
