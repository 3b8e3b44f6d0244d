import {
  assertInRange,
  InvalidArgumentError,
  randomSource,
  type AnyDataset,
  type Dataset,
  type RandomSource,
} from '@kd/core'
import { assertHasClasses } from './class-labels.js'
import { gatherExamples, rowsOfEachClass } from '../rows.js'

/** How {@link imbalanceClasses} chooses the sizes of classes. */
export type Imbalance = { readonly seed?: number | string } & (
  | {
      /** Class c keeps max_k N_k * factor^(-c / (C - 1)) examples: class 0 all, the last one 1 / factor of it. */
      readonly kind: 'long-tail'
      /** The size of the largest class divided by that of the smallest, >= 1. */
      readonly factor: number
    }
  | {
      /** Class sizes become proportional to {@link randomClassWeights}. */
      readonly kind: 'random-weights'
    }
)

/**
 * Drops training examples so that classes differ in size; validation and test splits stay as they are.
 *
 * A class never gets more than it has and never fewer than one example. With `random-weights` the sizes are as large
 * as the weights allow.
 *
 * @param dataset - the data set; it is not changed
 * @param imbalance - the kind, its strength, and a seed for what is dropped (default 0)
 * @returns a data set with a smaller training split; ids and order are kept
 * @throws {@link InvalidArgumentError} when factor < 1, a class has no training examples, or the data set is of another task
 *
 * @example
 * ```ts
 * import { imbalanceClasses, loadDataset } from '@kd/datasets'
 *
 * const tail = imbalanceClasses(await loadDataset({ name: 'digits' }), { kind: 'long-tail', factor: 10 })
 * console.log(tail.train.labels.filter((label) => label === 9).length) // 15
 * ```
 *
 * @see long-tail: Cui et al., Class-Balanced Loss Based on Effective Number of Samples, CVPR 2019;
 * random-weights: the imbalance of the ALM-KD authors' synthetic experiment, https://github.com/durgas16/AMAL
 */
export function imbalanceClasses(dataset: AnyDataset, imbalance: Imbalance): Dataset {
  assertHasClasses(dataset, 'imbalanceClasses')
  const random = randomSource(imbalance.seed ?? 0).split('imbalance')
  const classes = dataset.classNames.length
  const rows = rowsOfEachClass(dataset.train.labels)
  for (let label = 0; label < classes; label++) {
    if (rows[label]?.length) continue
    throw new InvalidArgumentError(
      `imbalanceClasses: every class must have training examples, got none of ${label}`,
    )
  }
  const sizes = wantedSizes(
    rows.map((classRows) => classRows.length),
    imbalance,
    random,
  )
  const kept = rows.flatMap((classRows, label) => [
    ...random.split(label).shuffle(classRows).subarray(0, sizes[label]),
  ])
  return { ...dataset, train: gatherExamples(dataset.train, Int32Array.from(kept).sort()) }
}

function wantedSizes(available: readonly number[], imbalance: Imbalance, random: RandomSource): number[] {
  const classes = available.length
  const within = (size: number, label: number): number =>
    Math.max(1, Math.min(available[label]!, Math.round(size)))
  if (imbalance.kind === 'long-tail') {
    assertInRange(imbalance.factor, { min: 1 }, 'factor', 'imbalanceClasses')
    const largest = Math.max(...available)
    return available.map((_, label) => within(largest * imbalance.factor ** (-label / (classes - 1)), label))
  }
  const weights = randomClassWeights(classes, random)
  const scale = Math.min(...available.map((size, label) => size / weights[label]!))
  return available.map((_, label) => within(scale * weights[label]!, label))
}

/**
 * Draws class weights for an imbalanced set: C different ones of the values 0.25 * i, i = 1 ... 10 * C, divided by their
 * sum.
 *
 * The source says "a random draw" of those values; drawing without replacement is our reading.
 *
 * @param classes - C, the number of weights
 * @param random - where the draw comes from
 * @returns C weights > 0 that sum to 1
 *
 * @example
 * ```ts
 * import { randomSource } from '@kd/core'
 * import { makeClassification, randomClassWeights } from '@kd/datasets'
 *
 * const classWeights = randomClassWeights(20, randomSource(3))
 * console.log(makeClassification({ classWeights }).train.labels.length) // 9000
 * ```
 *
 * @see https://github.com/durgas16/AMAL, KD/utils/synthetic.py
 */
export function randomClassWeights(classes: number, random: RandomSource): number[] {
  const values = Array.from({ length: 10 * classes }, (_, index) => 0.25 * (index + 1))
  const drawn = random.shuffle(values).slice(0, classes)
  const sum = drawn.reduce((total, value) => total + value, 0)
  return drawn.map((value) => value / sum)
}
