import { option, type Dataset, type RandomSource } from '@kd/core'
import * as z from 'zod/mini'
import { gatherExamples } from '../rows.js'
import { splitDataset } from '../split/split-dataset.js'

/** How much of what is generated is for testing. */
export const testOption = option(
  z.number().check(z.minimum(0)),
  0.1,
  'share or number of examples in the test split; 0 for none',
)

/** The points that a generator has made, class by class, before they are shuffled and split. */
export interface SyntheticPoints {
  readonly name: string
  readonly features: number
  readonly classes: number
  /** [N, features] */
  readonly inputs: Float32Array
  readonly labels: Int32Array
  /** Fraction or count of the points that becomes the test split; 0 makes none. */
  readonly test: number
  readonly seed: number | string
  readonly random: RandomSource
}

/** Shuffles points, numbers them, and takes the test split out. */
export function syntheticDataset(points: SyntheticPoints): Dataset {
  const { name, features, classes, inputs, labels, test, seed, random } = points
  const ids = Int32Array.from(labels.keys())
  const order = random.split('order').shuffle(ids.slice())
  const dataset: Dataset = {
    name,
    inputShape: [features],
    classNames: Array.from({ length: classes }, (_, label) => `${label}`),
    normalization: { mean: [0], standardDeviation: [1] },
    train: { ...gatherExamples({ inputs, labels, ids }, order), ids },
  }
  return test === 0 ? dataset : splitDataset(dataset, { test, seed })
}
