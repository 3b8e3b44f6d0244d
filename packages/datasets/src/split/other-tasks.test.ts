import { multiLabel, randomSource, type Dataset } from '@kd/core'
import { describe, expect, it } from 'vitest'
import { batchSource } from '../batches/batch-source.js'
import { corruptLabels } from '../labels/corrupt-labels.js'
import { imbalanceClasses } from '../labels/imbalance-classes.js'
import { splitDataset } from './split-dataset.js'
import { takeExamples } from './take-examples.js'
import { takePart } from './take-part.js'

/** The flags of an example are the three lowest bits of its id, and so is its input. */
const bits = (id: number): number[] => [id & 1, (id >> 1) & 1, (id >> 2) & 1]
const ids = Int32Array.from({ length: 40 }, (_, row) => 7 * row)
const dataset: Dataset<Uint8Array> = {
  name: 'bits',
  inputShape: [3],
  classNames: ['one', 'two', 'four'],
  normalization: { mean: [0], standardDeviation: [1] },
  task: multiLabel({ outputs: 3 }),
  train: {
    inputs: Float32Array.from([...ids].flatMap(bits)),
    labels: Uint8Array.from([...ids].flatMap(bits)),
    ids,
  },
}

function expectWhole({ labels, inputs, ids: kept }: Dataset<Uint8Array>['train'], count: number): void {
  expect(kept.length).toBe(count)
  expect([...labels]).toEqual([...kept].flatMap(bits))
  expect([...inputs]).toEqual([...kept].flatMap(bits))
}

describe('a data set with several numbers in a label', () => {
  it('is split at random, the same way for a seed, and keeps examples whole', () => {
    const { train, validation, test } = splitDataset(dataset, { validation: 10, test: 5, seed: 1 })
    expectWhole(train, 25)
    expectWhole(validation!, 10)
    expectWhole(test!, 5)
    const again = splitDataset(dataset, { validation: 10, test: 5, seed: 1, stratified: false })
    expect(again.validation!.ids).toEqual(validation!.ids)
    const other = splitDataset(dataset, { validation: 10, seed: 2 })
    expect(other.validation!.ids).not.toEqual(validation!.ids)
  })

  it('is taken in part', () => {
    expectWhole(takeExamples(dataset, { train: 0.25 }).train, 10)
    expect(takeExamples(dataset, { train: 40 }).train).toBe(dataset.train)
    expectWhole(takePart(dataset, { number: 2, of: 3 }).train, 13)
  })

  it('has no noise or imbalance of classes', () => {
    expect(() => corruptLabels(dataset, { kind: 'pair', rate: 0.5 })).toThrow(
      'corruptLabels: dataset must be of the task classification, got bits of the task multi-label',
    )
    expect(() => imbalanceClasses(dataset, { kind: 'random-weights' })).toThrow(
      'imbalanceClasses: dataset must be of the task classification, got bits of the task multi-label',
    )
  })

  it('comes in batches with whole labels, mixed ones too', async () => {
    for (const mixup of [undefined, { alpha: 1 }]) {
      const source = batchSource(dataset, { augmentation: mixup === undefined ? {} : { mixup } })
      const wanted = { epoch: 0, batchSize: 16, random: randomSource(1) }
      const seen: number[] = []
      for await (const batch of source.batches(wanted)) {
        seen.push(...batch.ids)
        const labels = [...batch.ids].flatMap(bits)
        expect(batch.labels).toEqual(Uint8Array.from(labels))
        const { ratio = 1, secondLabels = batch.labels } = batch.mixup ?? {}
        expect(secondLabels.length).toBe(3 * batch.ids.length)
        batch.inputs.forEach((input, index) => {
          expect(input).toBeCloseTo(ratio * labels[index]! + (1 - ratio) * secondLabels[index]!, 5)
        })
      }
      expect(seen.sort((one, other) => one - other)).toEqual([...ids])
      await source.close?.()
    }
  })
})
