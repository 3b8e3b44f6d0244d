import {
  count,
  defineDataset,
  option,
  parseOptions,
  randomSource,
  weight,
  type Dataset,
  type OptionsInput,
} from '@kd/core'
import * as z from 'zod/mini'
import { normalization, withNormalization } from '../dataset-options.js'
import { assertSize, syntheticDataset, testOption } from './synthetic-dataset.js'

const options = {
  classes: count(4, 'number of arms of the spiral; each is a class', 2),
  examplesPerClass: count(1500, 'number of points on an arm', 2),
  noise: weight(0.2, 'standard deviation of the noise on the angle, in radians'),
  test: testOption,
  seed: option(z.union([z.number(), z.string()]), 42, 'of the generator'),
}

/** Sizes of {@link makeSpiral}; the defaults are those of the ALM-KD synthetic experiment. */
export type MakeSpiralOptions = OptionsInput<typeof options>

/**
 * Makes points on the arms of a spiral, one arm for each class.
 *
 * For class j and point i of n: r = 4 i / (n - 1), theta = 4.74 (j + i / (n - 1)) + noise * N(0, 1),
 * x = (r sin theta, r cos theta).
 *
 * @param given - sizes, noise, seed
 * @returns train and test splits of float inputs [2], with normalization 0 and 1
 * @throws {@link InvalidArgumentError} when a size or the noise is out of range
 *
 * @example
 * ```ts
 * import { makeSpiral } from '@kd/datasets'
 *
 * console.log(makeSpiral({ examplesPerClass: 100 }).train.labels.length) // 360
 * ```
 *
 * @see https://github.com/durgas16/AMAL, KD/utils/synthetic.py; the share of the test split is our choice
 */
export function makeSpiral(given: MakeSpiralOptions = {}): Dataset {
  const wanted = parseOptions('makeSpiral', z.strictObject(options), given)
  const { classes, examplesPerClass, noise, test, seed } = wanted
  const examples = classes * examplesPerClass
  assertSize('makeSpiral', { examples, features: 2, classes })
  const random = randomSource(seed).split('spiral')
  const inputs = new Float32Array(examples * 2)
  const labels = new Int32Array(examples)
  for (let row = 0; row < examples; row++) {
    const label = Math.floor(row / examplesPerClass)
    const along = (row % examplesPerClass) / (examplesPerClass - 1)
    const angle = 4.74 * (label + along) + noise * random.normal()
    labels[row] = label
    inputs[row * 2] = 4 * along * Math.sin(angle)
    inputs[row * 2 + 1] = 4 * along * Math.cos(angle)
  }
  return syntheticDataset({ name: 'spiral', features: 2, classes, inputs, labels, test, seed, random })
}

/**
 * What {@link makeSpiral} makes, as a data set with a name for configs.
 *
 * @param options - as those of {@link makeSpiral}, and `normalization`
 * @returns the data set
 *
 * @example
 * ```ts
 * import { generatedSpiral } from '@kd/datasets'
 *
 * console.log(generatedSpiral.summary) // generated: arms of a spiral
 * ```
 */
export const generatedSpiral = defineDataset({
  name: 'spiral',
  summary: 'generated: arms of a spiral',
  options: { ...options, normalization },
  load: ({ normalization: given, ...wanted }) => withNormalization(makeSpiral(wanted), given),
})
