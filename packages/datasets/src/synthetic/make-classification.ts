import { assertPositive, InvalidArgumentError, randomSource, type Dataset, type RandomSource } from '@kd/core'
import { assertCount } from '../counts.js'
import { syntheticDataset } from './synthetic-dataset.js'

/** Sizes and difficulty of {@link makeClassification}; the defaults are those of the ALM-KD synthetic experiment. */
export interface MakeClassificationOptions {
  /** The number of examples over all splits. @defaultValue 10000 */
  readonly examples?: number
  /** D, the length of an input. @defaultValue 14 */
  readonly features?: number
  /** The number of features that carry the class. Those neither informative nor redundant are noise. @defaultValue features - redundant */
  readonly informative?: number
  /** The number of features that are random linear combinations of the informative ones. @defaultValue 0 */
  readonly redundant?: number
  /** C, the number of classes. @defaultValue 20 */
  readonly classes?: number
  /** The number of Gaussian clusters of each class, each at a corner of its own. @defaultValue 1 */
  readonly clustersPerClass?: number
  /** Half the length of the hypercube's edges. @defaultValue 1 */
  readonly classSeparation?: number
  /** C positive numbers: the shares of the classes, in any scale. @defaultValue equal shares */
  readonly classWeights?: readonly number[]
  /** Fraction or count of the examples that becomes the test split; 0 makes none. @defaultValue 0.1 */
  readonly test?: number
  /** @defaultValue 42 */
  readonly seed?: number | string
}

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
 * @param options - sizes, difficulty, seed
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
export function makeClassification(options: MakeClassificationOptions = {}): Dataset {
  const {
    examples = 10_000,
    features = 14,
    redundant = 0,
    classes = 20,
    clustersPerClass = 1,
    classSeparation = 1,
    test = 0.1,
    seed = 42,
  } = options
  const { informative = features - redundant, classWeights = new Array<number>(classes).fill(1) } = options
  for (const [argument, value] of Object.entries({ examples, features, informative, clustersPerClass })) {
    assertCount(value, argument, 'makeClassification')
  }
  assertCount(classes, 'classes', 'makeClassification', 2)
  assertCount(redundant, 'redundant', 'makeClassification', 0)
  assertPositive(classSeparation, 'classSeparation', 'makeClassification')
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
  if (
    classWeights.length !== classes ||
    classWeights.some((weight) => !(Number.isFinite(weight) && weight > 0))
  ) {
    throw new InvalidArgumentError(
      `makeClassification: classWeights must be ${classes} numbers > 0, got [${classWeights.join(', ')}]`,
    )
  }
}
