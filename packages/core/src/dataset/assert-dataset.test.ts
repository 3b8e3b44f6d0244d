import { describe, expect, it } from 'vitest'
import { assertDataset, InvalidArgumentError, ShapeError, type Dataset, type Examples } from '../index.js'

const examples: Examples = {
  inputs: new Float32Array([0, 1, 2, 3, 4, 5]),
  labels: new Int32Array([0, 1, 2]),
  ids: new Int32Array([7, 8, 9]),
}
const dataset: Dataset = {
  name: 'tiny',
  inputShape: [2],
  classNames: ['a', 'b', 'c'],
  normalization: { mean: [0, 1], standardDeviation: [1, 2] },
  train: examples,
  test: examples,
}

const broken = (change: Partial<Dataset>) => () => {
  assertDataset({ ...dataset, ...change }, 'distill')
}
const train = (change: Partial<Examples>) => broken({ train: { ...examples, ...change } })
const test = (change: Partial<Examples>) => broken({ test: { ...examples, ...change } })

describe('assertDataset', () => {
  it('accepts a sound data set, bytes and floats, with and without optional splits', () => {
    expect(broken({})).not.toThrow()
    expect(
      broken({ validation: { ...examples, inputs: new Uint8Array(6), cleanLabels: examples.labels } }),
    ).not.toThrow()
    expect(broken({ normalization: { mean: [0.5], standardDeviation: [1] } })).not.toThrow()
  })

  it.each<[string, () => void, string]>([
    [
      'an empty split',
      train({ inputs: new Float32Array(), labels: new Int32Array(), ids: new Int32Array() }),
      'distill: train must have at least 1 example, got 0',
    ],
    [
      'a label too high',
      test({ labels: new Int32Array([0, 3, 1]) }),
      'distill: test labels must be in [0, 3), got 3 for the example with id 8',
    ],
    [
      'a negative label',
      train({ labels: new Int32Array([0, 1, -1]) }),
      'distill: train labels must be in [0, 3), got -1 for the example with id 9',
    ],
    [
      'a clean label out of range',
      train({ cleanLabels: new Int32Array([0, 1, 5]) }),
      'distill: train labels must be in [0, 3), got 5 for the example with id 9',
    ],
    [
      'NaN',
      train({ inputs: new Float32Array([0, 1, NaN, 3, 4, 5]) }),
      'distill: train inputs must be finite, got NaN for the example with id 8\n' +
        '  drop the example, or fill the missing value in',
    ],
    ['infinity', test({ inputs: new Float32Array([0, 1, 2, 3, 4, -Infinity]) }), 'id 9'],
    [
      'an id twice',
      train({ ids: new Int32Array([7, 8, 7]) }),
      'distill: train.ids must be unique, got 7 twice',
    ],
    [
      'a class twice',
      broken({ classNames: ['a', 'b', 'a'] }),
      'distill: classNames must be different names, got "a" twice',
    ],
    ['one class', broken({ classNames: ['a'] }), 'distill: classNames must have at least 2 names, got 1'],
    [
      'a standard deviation of 0',
      broken({ normalization: { mean: [0], standardDeviation: [0] } }),
      'distill: normalization.standardDeviation must be finite and > 0, got 0',
    ],
    [
      'a mean of NaN',
      broken({ normalization: { mean: [NaN], standardDeviation: [1] } }),
      'distill: normalization.mean must be finite, got NaN',
    ],
  ])('rejects %s', (_, call, message) => {
    expect(call).toThrow(InvalidArgumentError)
    expect(call).toThrow(message)
  })

  it.each<[string, object, string]>([
    ['no class names', { classNames: undefined }, 'distill: classNames must be a list, got undefined'],
    [
      'no normalization',
      { normalization: undefined },
      'distill: normalization.mean must be a list, got undefined',
    ],
    ['no training split', { train: undefined }, 'distill: train must be examples, got undefined'],
    [
      'no ids',
      { train: { ...examples, ids: undefined } },
      'distill: train.ids must be of type Int32Array, got Undefined',
    ],
    [
      'labels in a list',
      { test: { ...examples, labels: [0, 1, 2] } },
      'distill: test.labels must be of type Int32Array, got Array',
    ],
    [
      'inputs of whole numbers',
      { train: { ...examples, inputs: new Int32Array(6) } },
      'distill: train.inputs must be of type Float32Array or Float64Array or Uint8Array, got Int32Array',
    ],
  ])('names what a program without types left out: %s', (_, change, message) => {
    const call = broken(change)
    expect(call).toThrow(InvalidArgumentError)
    expect(call).toThrow(message)
  })

  it.each<[string, () => void, string]>([
    [
      'inputs that do not fit',
      train({ inputs: new Float32Array(5) }),
      'distill: train.inputs must have 6 values for 3 labels and inputs of [2], got 5',
    ],
    ['too few ids', test({ ids: new Int32Array([1]) }), 'distill: test.ids must have 3 values'],
    [
      'too many clean labels',
      train({ cleanLabels: new Int32Array(4) }),
      'train.cleanLabels must have 3 values',
    ],
    ['no shape', broken({ inputShape: [] }), 'distill: inputShape must be positive integers, got []'],
    [
      'a shape of 0',
      broken({ inputShape: [0, 2] }),
      'distill: inputShape must be positive integers, got [0, 2]',
    ],
    [
      'a normalization for other channels',
      broken({ normalization: { mean: [1, 2, 3], standardDeviation: [1] } }),
      'distill: normalization.mean must have 1 value or one for each of the 2 channels, got 3',
    ],
  ])('rejects %s', (_, call, message) => {
    expect(call).toThrow(ShapeError)
    expect(call).toThrow(message)
  })
})
