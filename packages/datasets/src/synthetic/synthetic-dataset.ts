import { InvalidArgumentError, option, type Dataset, type RandomSource } from '@kd/core'
import * as z from 'zod/mini'
import { gatherExamples } from '../rows.js'
import { splitDataset } from '../split/split-dataset.js'

/** How much of what is generated is for testing. */
export const testOption = option(
  z.number().check(z.minimum(0)),
  0.1,
  'share or number of examples in the test split; 0 for none',
)

/** Numbers in the inputs of a generated set: 2 GiB of them. */
const MAX_NUMBERS = 2 ** 29

/** Checks before anything is made that a set fits into memory, and has an example of each class. */
export function assertSize(
  functionName: string,
  { examples, features, classes }: { examples: number; features: number; classes: number },
): void {
  if (examples * features > MAX_NUMBERS) {
    throw new InvalidArgumentError(
      `${functionName}: examples times features must be at most ${MAX_NUMBERS}, got ${examples} times ${features}`,
    )
  }
  if (classes > examples) {
    throw new InvalidArgumentError(
      `${functionName}: classes must be at most the number of examples, got ${classes} classes and ${examples} examples`,
    )
  }
}

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
