import {
  count,
  defineDataset,
  option,
  parseOptions,
  positive,
  randomSource,
  readonlyList,
  type Dataset,
  type OptionsInput,
} from '@kd/core'
import * as z from 'zod/mini'
import { normalization, withNormalization } from '../dataset-options.js'
import { assertSize, syntheticDataset, testOption } from './synthetic-dataset.js'
import { assertCount } from '../counts.js'

const options = {
  examples: count(10_000, 'number of examples over all splits, shared evenly between the classes'),
  features: count(2, 'length of an input'),
  box: positive(20, 'centres lie in [-box, box] along each feature'),
  standardDeviations: option(
    readonlyList(z.array(z.number().check(z.positive())).check(z.minLength(2))),
    [1.4, 2.8, 1.7, 4, 2, 3.5, 1.5, 2.5],
    'standard deviation of each blob; their number is that of the classes',
  ),
  test: testOption,
  seed: option(z.union([z.number(), z.string()]), 20, 'of the generator'),
}

/** Sizes of {@link makeBlobs}; the defaults are those of the ALM-KD synthetic experiment. */
export type MakeBlobsOptions = OptionsInput<typeof options>

/**
 * Makes round Gaussian blobs, one for each class: x ~ N(centre_c, sd_c^2 I), with centres uniform in a box.
 *
 * It is a port of scikit-learn's `make_blobs`. The random numbers are our own, so the sets agree in distribution only: the
 * seed 20 does not give the paper's centres.
 *
 * @param given - sizes, spread, seed
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
export function makeBlobs(given: MakeBlobsOptions = {}): Dataset {
  const wanted = parseOptions('makeBlobs', z.strictObject(options), given)
  const { examples, features, box, standardDeviations, test, seed } = wanted
  const classes = standardDeviations.length
  assertCount(examples, 'examples', 'makeBlobs', classes)
  assertSize('makeBlobs', { examples, features, classes })

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

/**
 * What {@link makeBlobs} makes, as a data set with a name for configs.
 *
 * @param options - as those of {@link makeBlobs}, and `normalization`
 * @returns the data set
 *
 * @example
 * ```ts
 * import { generatedBlobs } from '@kd/datasets'
 *
 * console.log(generatedBlobs.summary) // generated: round Gaussian blobs
 * ```
 */
export const generatedBlobs = defineDataset({
  name: 'blobs',
  summary: 'generated: round Gaussian blobs',
  options: { ...options, normalization },
  load: ({ normalization: given, ...wanted }) => withNormalization(makeBlobs(wanted), given),
})
