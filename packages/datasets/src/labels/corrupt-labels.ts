import {
  assertInRange,
  InvalidArgumentError,
  randomSource,
  type AnyDataset,
  type Dataset,
  type Examples,
  type RandomSource,
} from '@kd/core'
import { assertHasClasses } from './class-labels.js'

/** Labels of exactly floor(rate * N) training examples are drawn anew, uniformly over all C classes. */
export interface SymmetricNoise {
  readonly kind: 'symmetric'
  /** The part in [0, 1] of the training examples that is relabelled; about rate * (1 - 1/C) end up wrong. */
  readonly rate: number
}

/** Labels of exactly floor(rate * N) training examples become the next class: c to (c + 1) mod C. */
export interface PairNoise {
  readonly kind: 'pair'
  /** The part in [0, 1] of the training examples that becomes wrong. */
  readonly rate: number
}

/** Every label is drawn anew from the row of its class. */
export interface ClassConditionalNoise {
  readonly kind: 'class-conditional'
  /** [C][C]; row c is the distribution of the new label of an example of class c, so each row sums to 1. */
  readonly matrix: readonly (readonly number[])[]
}

/** Labels made elsewhere, by people for example, replace the training labels. */
export interface GivenLabels {
  readonly kind: 'from-labels'
  /** The new label of each example, by its id; as long as the file that the data set came from. */
  readonly labels: ArrayLike<number>
}

/** How {@link corruptLabels} changes labels; `seed` (default 0) makes it repeatable where it is random. */
export type LabelNoise = (SymmetricNoise | PairNoise | ClassConditionalNoise | GivenLabels) & {
  readonly seed?: number | string
}

/**
 * Puts wrong labels into the training split, and keeps the right ones as `train.cleanLabels`. Validation and test
 * splits are never touched, so split first.
 *
 * - `symmetric`: floor(rate * N) examples, drawn without replacement, get a label drawn uniformly over **all** classes,
 *   the true one included, as in the ALM-KD authors' code; the part of wrong labels is near rate * (1 - 1/C), not rate.
 * - `pair`: floor(rate * N) examples get the next class. Taking an exact number of examples is our choice; the method's
 *   usual code draws for each example.
 * - `class-conditional`: each label is drawn from its class's row of a C x C matrix.
 * - `from-labels`: labels[id] for each example, see {@link readLabelFile}.
 *
 * @param dataset - the data set; it is not changed
 * @param noise - the kind of noise, its strength, and a seed
 * @returns a data set with other training labels; clean labels known already are kept
 * @throws {@link InvalidArgumentError} when a rate is outside [0, 1], rows of the matrix do not sum to 1, labels are
 * missing or out of range, or the data set is of another task than classification
 *
 * @example
 * ```ts
 * import { corruptLabels, loadDataset, splitDataset } from '@kd/datasets'
 *
 * const digits = splitDataset(await loadDataset({ name: 'digits' }), { validation: 0.1 })
 * const noisy = corruptLabels(digits, { kind: 'symmetric', rate: 0.4, seed: 1 })
 * const { labels, cleanLabels } = noisy.train
 * console.log(labels.filter((label, row) => label !== cleanLabels?.[row]).length / labels.length) // 0.358855
 * ```
 *
 * @see symmetric: https://github.com/durgas16/AMAL, KD/train_distill_noise.py; pair: Han et al., Co-teaching, NeurIPS 2018
 */
export function corruptLabels(dataset: AnyDataset, noise: LabelNoise): Dataset {
  assertHasClasses(dataset, 'corruptLabels')
  const random = randomSource(noise.seed ?? 0).split('labels')
  const labels = newLabels(dataset.train, dataset.classNames.length, noise, random)
  const cleanLabels = dataset.train.cleanLabels ?? dataset.train.labels
  return { ...dataset, train: { ...dataset.train, labels, cleanLabels } }
}

function newLabels(train: Examples, classes: number, noise: LabelNoise, random: RandomSource): Int32Array {
  switch (noise.kind) {
    case 'symmetric':
      return relabelSome(train.labels, noise.rate, random, () => random.integer(classes))
    case 'pair':
      return relabelSome(train.labels, noise.rate, random, (label) => (label + 1) % classes)
    case 'class-conditional':
      assertTransition(noise.matrix, classes)
      return train.labels.map((label) => drawIndex(noise.matrix[label]!, random.uniform()))
    case 'from-labels':
      return train.ids.map((id) => givenLabel(noise.labels, id, classes))
    default:
      throw new InvalidArgumentError(
        `corruptLabels: kind must be symmetric, pair, class-conditional or from-labels, got ${(noise as LabelNoise).kind}`,
      )
  }
}

function relabelSome(
  labels: Int32Array,
  rate: number,
  random: RandomSource,
  relabel: (label: number) => number,
): Int32Array {
  assertInRange(rate, { min: 0, max: 1 }, 'rate', 'corruptLabels')
  const rows = random.split('rows').shuffle(Int32Array.from(labels.keys()))
  const changed = labels.slice()
  for (const row of rows.subarray(0, Math.floor(rate * labels.length))) changed[row] = relabel(changed[row]!)
  return changed
}

function givenLabel(labels: ArrayLike<number>, id: number, classes: number): number {
  const label = labels[id]
  if (label !== undefined && Number.isInteger(label) && label >= 0 && label < classes) return label
  throw new InvalidArgumentError(
    `corruptLabels: labels must have a class in [0, ${classes}) for the example with id ${id}, got ${label}`,
    { hint: 'labels are looked up by example id: give one for every row of the original training file' },
  )
}

function assertTransition(matrix: readonly (readonly number[])[], classes: number): void {
  const rule = `corruptLabels: matrix must have ${classes} rows of ${classes} values >= 0 that sum to 1`
  if (matrix.length !== classes) throw new InvalidArgumentError(`${rule}, got ${matrix.length} rows`)
  for (const [index, row] of matrix.entries()) {
    const sum = row.reduce((total, value) => total + value, 0)
    if (row.length === classes && row.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-6) continue
    const description = `${row.length} values from ${Math.min(...row)} with sum ${sum} in row ${index}`
    throw new InvalidArgumentError(`${rule}, got ${description}`)
  }
}

/** Returns the index whose slice of [0, 1) holds the uniform draw. */
function drawIndex(probabilities: readonly number[], uniform: number): number {
  let cumulated = 0
  let last = 0
  for (const [index, probability] of probabilities.entries()) {
    if (probability === 0) continue
    cumulated += probability
    last = index
    if (uniform < cumulated) return index
  }
  // Rounding can leave the sum a little below 1.
  return last
}
