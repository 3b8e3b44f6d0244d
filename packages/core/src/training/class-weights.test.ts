import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { afterAll, describe, expect, it } from 'vitest'
import type { BatchSource } from '../dataset/batch-source.js'
import type { Dataset } from '../dataset/dataset.js'
import { memoryBatches } from '../dataset/memory-batches.js'
import { labelLoss } from '../method/label-loss.js'
import { sgd } from '../optimizer/sgd.js'
import { classification } from '../task/classification.js'
import { regression } from '../task/regression.js'
import { checkRun } from './check-run.js'
import { classWeightsOf, type ClassWeights } from './class-weights.js'
import { distill } from './distill.js'
import type { DistillationOptions, DistillationResult } from './distillation-options.js'
import { train } from './train.js'

afterAll(() => {
  tf.disposeVariables()
})

/** Ninety examples of one class and ten of another, which overlap on a line. */
const unequal: Dataset = {
  name: 'unequal',
  inputShape: [1],
  classNames: ['many', 'few', 'none'],
  normalization: { mean: [0], standardDeviation: [1] },
  train: lineOf(90, 10),
  validation: lineOf(90, 10),
}

function lineOf(many: number, few: number): Dataset['train'] {
  const count = many + few
  const place = (row: number): number =>
    row < many ? (2 * row) / many - 1.5 : (2 * (row - many)) / few - 0.5
  return {
    inputs: Float32Array.from({ length: count }, (_, row) => place(row)),
    labels: Int32Array.from({ length: count }, (_, row) => Number(row >= many)),
    ids: Int32Array.from({ length: count }, (_, row) => row),
  }
}

const line = (): LayersModel =>
  sequential({ layers: [layers.dense({ units: 3, inputShape: [1], kernelInitializer: 'zeros' })] })

function run(classWeights?: ClassWeights, changes: Partial<DistillationOptions> = {}): DistillationOptions {
  return {
    student: line(),
    method: labelLoss(),
    dataset: unequal,
    epochs: 1,
    batchSize: 100,
    optimizer: sgd(),
    learningRate: 1,
    ...(classWeights && { classWeights }),
    ...changes,
  }
}

const weightsOf = ({ student }: DistillationResult): number[] =>
  student.getWeights().flatMap((weight) => [...weight.dataSync()])

describe('weights of classes', () => {
  const task = classification({ outputs: 3 })

  it('that are balanced give classes that occur the same share, and have a mean of 1 over the examples', () => {
    const weights = classWeightsOf('balanced', unequal, task)
    expect(weights).toEqual([100 / 180, 100 / 20, 1])
    expect(90 * weights[0]! + 10 * weights[1]!).toBeCloseTo(100, 10)
  })

  it('multiply the losses of the examples of each class', async () => {
    // One step from zeros: the gradient of the bias of class c is the mean of w (1/3 - is c).
    const [, , , ...bias] = weightsOf(await distill(run([2, 0.5, 7])))
    const share = (2 * 90 + 0.5 * 10) / 100 / 3
    expect(bias[0]).toBeCloseTo((2 * 90) / 100 - share, 5)
    expect(bias[1]).toBeCloseTo((0.5 * 10) / 100 - share, 5)
    expect(bias[2]).toBeCloseTo(-share, 5)
  })

  it('of 1 change no bit', async () => {
    const plain = await distill(run(undefined, { epochs: 3, batchSize: 16 }))
    const ones = await distill(run([1, 1, 1], { epochs: 3, batchSize: 16 }))
    expect(weightsOf(ones)).toEqual(weightsOf(plain))
    expect(ones.history.map(({ train }) => train)).toEqual(plain.history.map(({ train }) => train))
  })

  it('let a small class be learned that is lost without them, also by train', async () => {
    const settings = { dataset: unequal, epochs: 60, batchSize: 100, optimizer: sgd(), learningRate: 1 }
    const balancedAccuracy = async (weights: Pick<DistillationOptions, 'classWeights'>): Promise<number> => {
      const { history } = await train({ ...settings, ...weights, model: line() })
      return history.at(-1)!.validation!['balancedAccuracy']!
    }
    expect(await balancedAccuracy({ classWeights: 'balanced' })).toBeGreaterThan(
      0.05 + (await balancedAccuracy({})),
    )
  })

  it('multiply each label of mixed inputs by the weight of its own class', async () => {
    const plain = memoryBatches(unequal)
    const batches: BatchSource = {
      augments: true,
      async *batches(of) {
        for await (const batch of plain.batches(of)) {
          yield { ...batch, mixup: { secondLabels: batch.labels.map(() => 2), ratio: 0.75 } }
        }
      },
    }
    // At a loss of ln 3 for each label, from zeros.
    const { history } = await distill(run([2, 0.5, 7], { batches }))
    const wanted = Math.log(3) * (0.75 * ((2 * 90 + 0.5 * 10) / 100) + 0.25 * 7)
    expect(history[0]!.train.loss).toBeCloseTo(wanted, 4)
  })

  it('leave no tensor behind', async () => {
    const options = run('balanced')
    await distill(options)
    const before = tf.memory().numTensors
    await distill(options)
    expect(tf.memory().numTensors).toBe(before)
  })

  it.each<[string, ClassWeights, string]>([
    ['too few', [1, 2], "must be 'balanced' or one number for each of 3 classes, got 2 numbers"],
    [
      'another word',
      'equal' as 'balanced',
      "must be 'balanced' or one number for each of 3 classes, got equal",
    ],
    ['a negative one', [1, -2, 1], 'must be finite numbers >= 0, got -2 for class 1'],
    ['NaN', [1, 1, NaN], 'must be finite numbers >= 0, got NaN for class 2'],
    ['none for what occurs', [0, 0, 5], 'must be above 0 for a class that occurs, got 0 for all'],
  ])('are refused before anything is trained: %s', async (_, classWeights, message) => {
    const options = run(classWeights)
    const before = tf.memory().numTensors
    await expect(checkRun(options)).rejects.toThrow(`distill: classWeights ${message}`)
    await expect(distill(options)).rejects.toThrow(`distill: classWeights ${message}`)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('are for classification only', () => {
    expect(() => classWeightsOf('balanced', unequal, regression({ outputs: 1 }))).toThrow(
      'distill: classWeights must be for classification, got the task regression',
    )
  })
})
