import { expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { heldOutTurns } from './held-out-examples.js'

const examples = {
  features: tf.tensor2d([[0], [1], [2], [3], [4]]),
  logits: tf.tensor2d([
    [0, 1],
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 1],
  ]),
  labels: tf.tensor1d([0, 1, 0, 1, 0], 'int32'),
  ids: Int32Array.of(10, 11, 12, 13, 14),
  inputs: tf.tensor3d([[[0]], [[1]], [[2]], [[3]], [[4]]]),
}

function turns(batchSize: number, count: number): { rows: number[]; labels: number[] }[] {
  const next = heldOutTurns(examples, batchSize)
  return Array.from({ length: count }, () => {
    const { features, logits, labels, ids, inputs } = next()
    const rows = Array.from(features.dataSync())
    expect(Array.from(ids)).toEqual(rows.map((row) => 10 + row))
    expect(inputs!.arraySync()).toEqual(rows.map((row) => [[row]]))
    expect(logits.arraySync()).toEqual(rows.map((row) => [row, 1]))
    return { rows, labels: Array.from(labels.dataSync()) }
  })
}

describe('heldOutTurns', () => {
  it('hands out batch after batch and begins again after the last, smaller one', () => {
    const batches = turns(2, 4)
    expect(batches.map(({ rows }) => rows)).toEqual([[0, 1], [2, 3], [4], [0, 1]])
    expect(batches[1]!.labels).toEqual([0, 1])
  })

  it('hands out all at once on demand', () => {
    expect(turns(Infinity, 2).map(({ rows }) => rows)).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
    ])
  })

  it('makes no tensor but the batch', async () => {
    await expectNoLeak(() => {
      const { ids: _, ...tensors } = heldOutTurns(examples, 2)()
      return tensors
    })
  })
})
