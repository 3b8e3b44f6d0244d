import {
  count,
  defineDataset,
  InvalidArgumentError,
  option,
  optionalOption,
  parseOptions,
  positive,
  randomSource,
  readonlyList,
  type Dataset,
  type OptionsInput,
  type RandomSource,
} from '@kd/core'
import * as z from 'zod/mini'
import { normalization, withNormalization } from '../dataset-options.js'
import { assertSize, syntheticDataset, testOption } from './synthetic-dataset.js'

const options = {
  examples: count(10_000, 'number of examples over all splits'),
  features: count(14, 'length of an input'),
  informative: optionalOption(
    z.int().check(z.minimum(1)),
    'number of features that carry the class, otherwise all but the redundant ones; further ones are noise',
  ),
  redundant: count(0, 'number of features that are random linear combinations of the informative ones', 0),
  classes: count(20, 'number of classes', 2),
  clustersPerClass: count(1, 'number of Gaussian clusters of each class, each at a corner of its own'),
  classSeparation: positive(1, "half the length of the hypercube's edges"),
  classWeights: optionalOption(
    readonlyList(z.array(z.number().check(z.positive()))),
    'shares of the classes, in any scale; otherwise equal ones',
  ),
  test: testOption,
  seed: option(z.union([z.number(), z.string()]), 42, 'of the generator'),
}

/** Sizes and difficulty of {@link makeClassification}; the defaults are those of the ALM-KD synthetic experiment. */
export type MakeClassificationOptions = OptionsInput<typeof options>

/**
 * Makes Gaussian clusters at the corners of a hypercube.
 *
 * Cluster k of class k mod C: x = z A_k + v_k, with z ~ N(0, I), A_k a matrix of uniform draws from [-1, 1), and v_k one
 * of the corners of [-classSeparation, classSeparation]^informative, no corner twice. Examples and features are
 * shuffled.
 *
 * It is a port of scikit-learn's `make_classification` with `hypercube=True, shift=0, scale=1`. The random numbers are our
 * own, so the sets agree in distribution only. Its `flip_y` (0.01 by default there) is left out: use
 * {@link corruptLabels} after splitting, so that held-out labels stay clean.
 *
 * @param given - sizes, difficulty, seed
 * @returns train and test splits of float inputs [D], with normalization 0 and 1
 * @throws {@link InvalidArgumentError} when the features do not add up or there are more clusters than corners
 *
 * @example
 * ```ts
 * import { makeClassification, splitDataset } from '@kd/datasets'
 *
 * const dataset = splitDataset(makeClassification(), { validation: 0.1 })
 * console.log(dataset.train.labels.length, dataset.test?.labels.length) // 8100 1000
 * ```
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_classification.html;
 * I. Guyon, Design of experiments for the NIPS 2003 variable selection benchmark, 2003
 */
export function makeClassification(given: MakeClassificationOptions = {}): Dataset {
  const wanted = parseOptions('makeClassification', z.strictObject(options), given)
  const { examples, features, redundant, classes, clustersPerClass, classSeparation, test, seed } = wanted
  assertSize('makeClassification', { examples, features, classes: classes * clustersPerClass })
  const { informative = features - redundant, classWeights = new Array<number>(classes).fill(1) } = wanted
  assertShape({
    features,
    informative,
    redundant,
    clusters: classes * clustersPerClass,
    classes,
    classWeights,
  })

  const random = randomSource(seed).split('classification')
  const sizes = clusterSizes(examples, classWeights, clustersPerClass)
  const corners = hypercubeCorners(sizes.length, informative, random.split('corners'))
  const columns = random.split('columns').shuffle(Array.from({ length: features }, (_, column) => column))
  const mixing = uniformMatrix(informative, redundant, random.split('redundant'))
  const inputs = new Float32Array(examples * features)
  const labels = new Int32Array(examples)
  let row = 0
  for (const [cluster, size] of sizes.entries()) {
    const draws = random.split('cluster').split(cluster)
    const spread = uniformMatrix(informative, informative, draws)
    for (const end = row + size; row < end; row++) {
      labels[row] = cluster % classes
      const normals = Array.from({ length: informative }, () => draws.normal())
      const point = times(normals, spread, informative).map(
        (value, axis) => value + classSeparation * corners[cluster]![axis]!,
      )
      point.push(...times(point, mixing, redundant))
      while (point.length < features) point.push(draws.normal())
      for (const [from, to] of columns.entries()) inputs[row * features + to] = point[from]!
    }
  }
  return syntheticDataset({ name: 'classification', features, classes, inputs, labels, test, seed, random })
}

/**
 * What {@link makeClassification} makes, as a data set with a name for configs.
 *
 * @param options - as those of {@link makeClassification}, and `normalization`
 * @returns the data set
 *
 * @example
 * ```ts
 * import { generatedClassification } from '@kd/datasets'
 *
 * console.log(generatedClassification.summary) // generated: clusters at the corners of a hypercube
 * ```
 */
export const generatedClassification = defineDataset({
  name: 'classification',
  summary: 'generated: clusters at the corners of a hypercube',
  options: { ...options, normalization },
  load: ({ normalization: given, ...wanted }) => withNormalization(makeClassification(wanted), given),
})

/** Returns the number of examples of each cluster; the first clusters get one more each where rounding leaves some over. */
function clusterSizes(examples: number, classWeights: readonly number[], clustersPerClass: number): number[] {
  const sum = classWeights.reduce((total, weight) => total + weight, 0)
  const sizes = Array.from({ length: classWeights.length * clustersPerClass }, (_, cluster) =>
    Math.floor((examples * classWeights[cluster % classWeights.length]!) / sum / clustersPerClass),
  )
  const missing = examples - sizes.reduce((total, size) => total + size, 0)
  for (let index = 0; index < missing; index++) sizes[index % sizes.length]! += 1
  return sizes
}

/** Draws `count` different corners of the cube [-1, 1]^dimensions. */
function hypercubeCorners(count: number, dimensions: number, random: RandomSource): number[][] {
  const corners = new Map<string, number[]>()
  while (corners.size < count) {
    const corner = Array.from({ length: dimensions }, () => 2 * random.integer(2) - 1)
    corners.set(corner.join(), corner)
  }
  return [...corners.values()]
}

/** Draws a matrix [rows, columns] from [-1, 1), row by row. */
function uniformMatrix(rows: number, columns: number, random: RandomSource): number[] {
  return Array.from({ length: rows * columns }, () => 2 * random.uniform() - 1)
}

/** Multiplies a row vector by a matrix with the given number of columns. */
function times(vector: readonly number[], matrix: readonly number[], columns: number): number[] {
  return Array.from({ length: columns }, (_, column) =>
    vector.reduce((sum, value, row) => sum + value * matrix[row * columns + column]!, 0),
  )
}

function assertShape(shape: {
  readonly features: number
  readonly informative: number
  readonly redundant: number
  readonly clusters: number
  readonly classes: number
  readonly classWeights: readonly number[]
}): void {
  const { features, informative, redundant, clusters, classes, classWeights } = shape
  if (informative < 1) {
    throw new InvalidArgumentError(`makeClassification: informative must be >= 1, got ${informative}`)
  }
  if (informative + redundant > features) {
    throw new InvalidArgumentError(
      `makeClassification: informative + redundant must be at most the ${features} features, got ${informative + redundant}`,
    )
  }
  if (clusters > 2 ** informative) {
    throw new InvalidArgumentError(
      `makeClassification: classes * clustersPerClass must be at most the 2^${informative} corners, got ${clusters}`,
      { hint: 'ask for more informative features, or fewer classes or clusters' },
    )
  }
  if (classWeights.length !== classes) {
    throw new InvalidArgumentError(
      `makeClassification: classWeights must be ${classes} numbers, got [${classWeights.join(', ')}]`,
    )
  }
}
