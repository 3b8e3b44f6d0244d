import { assertInRange, randomSource, type Dataset } from '@kd/core'
import { assertCount } from '../counts.js'
import { syntheticDataset } from './synthetic-dataset.js'

/** Sizes of {@link makeSpiral}; the defaults are those of the ALM-KD synthetic experiment. */
export interface MakeSpiralOptions {
  /** The number of arms of the spiral; each is a class. @defaultValue 4 */
  readonly classes?: number
  /** @defaultValue 1500 */
  readonly examplesPerClass?: number
  /** Standard deviation of the noise on the angle, in radians. @defaultValue 0.2 */
  readonly noise?: number
  /** Fraction or count of the examples that becomes the test split; 0 makes none. @defaultValue 0.1 */
  readonly test?: number
  /** @defaultValue 42 */
  readonly seed?: number | string
}

/**
 * Makes points on the arms of a spiral, one arm for each class.
 *
 * For class j and point i of n: r = 4 i / (n - 1), theta = 4.74 (j + i / (n - 1)) + noise * N(0, 1),
 * x = (r sin theta, r cos theta).
 *
 * @param options - sizes, noise, seed
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
export function makeSpiral(options: MakeSpiralOptions = {}): Dataset {
  const { classes = 4, examplesPerClass = 1500, noise = 0.2, test = 0.1, seed = 42 } = options
  assertCount(classes, 'classes', 'makeSpiral', 2)
  assertCount(examplesPerClass, 'examplesPerClass', 'makeSpiral', 2)
  assertInRange(noise, { min: 0 }, 'noise', 'makeSpiral')
  const random = randomSource(seed).split('spiral')
  const examples = classes * examplesPerClass
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
