import { assertPositive, InvalidArgumentError, randomSource, type Dataset } from '@kd/core'
import { assertCount } from '../counts.js'
import { syntheticDataset } from './synthetic-dataset.js'

/** Sizes of {@link makeBlobs}; the defaults are those of the ALM-KD synthetic experiment. */
export interface MakeBlobsOptions {
  /** The number of examples over all splits, shared evenly between the classes. @defaultValue 10000 */
  readonly examples?: number
  /** D, the length of an input. @defaultValue 2 */
  readonly features?: number
  /** Centres lie in [-box, box]^D. @defaultValue 20 */
  readonly box?: number
  /** Standard deviation of each blob; their number is C. @defaultValue [1.4, 2.8, 1.7, 4, 2, 3.5, 1.5, 2.5] */
  readonly standardDeviations?: readonly number[]
  /** Fraction or count of the examples that becomes the test split; 0 makes none. @defaultValue 0.1 */
  readonly test?: number
  /** @defaultValue 20 */
  readonly seed?: number | string
}

/**
 * Makes round Gaussian blobs, one for each class: x ~ N(centre_c, sd_c^2 I), with centres uniform in a box.
 *
 * It is a port of scikit-learn's `make_blobs`. The random numbers are our own, so the sets agree in distribution only: the
 * seed 20 does not give the paper's centres.
 *
 * @param options - sizes, spread, seed
 * @returns train and test splits of float inputs [D], with normalization 0 and 1
 * @throws {@link InvalidArgumentError} when a size or standard deviation is out of range
 *
 * @example
 * ```ts
 * import { makeBlobs } from '@kd/datasets'
 *
 * console.log(makeBlobs({ examples: 800 }).classNames.length) // 8
 * ```
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_blobs.html;
 * https://github.com/durgas16/AMAL, KD/utils/synthetic.py; the share of the test split is our choice
 */
export function makeBlobs(options: MakeBlobsOptions = {}): Dataset {
  const { examples = 10_000, features = 2, box = 20, test = 0.1, seed = 20 } = options
  const { standardDeviations = [1.4, 2.8, 1.7, 4, 2, 3.5, 1.5, 2.5] } = options
  const classes = standardDeviations.length
  assertCount(features, 'features', 'makeBlobs')
  assertPositive(box, 'box', 'makeBlobs')
  if (classes < 2) {
    throw new InvalidArgumentError(
      `makeBlobs: standardDeviations must have at least 2 values, got ${classes}`,
    )
  }
  assertCount(examples, 'examples', 'makeBlobs', classes)
  for (const value of standardDeviations) assertPositive(value, 'standardDeviations', 'makeBlobs')

  const random = randomSource(seed).split('blobs')
  const centres = Float64Array.from({ length: classes * features }, () => box * (2 * random.uniform() - 1))
  const inputs = new Float32Array(examples * features)
  const labels = Int32Array.from({ length: examples }, (_, row) => row % classes)
  for (const [row, label] of labels.entries()) {
    for (let axis = 0; axis < features; axis++) {
      const offset = standardDeviations[label]! * random.normal()
      inputs[row * features + axis] = centres[label * features + axis]! + offset
    }
  }
  return syntheticDataset({ name: 'blobs', features, classes, inputs, labels, test, seed, random })
}
