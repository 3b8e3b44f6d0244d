import { describe, expect, it } from 'vitest'
import { classification, regression, type Dataset } from '@kd/core'
import { makeBlobs } from './make-blobs.js'
import { makeClassification } from './make-classification.js'
import { makeSpiral } from './make-spiral.js'
import { loadDataset } from '../load-dataset.js'

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
const variance = (values: readonly number[]): number =>
  mean(values.map((value) => (value - mean(values)) ** 2))

/** columns[c][d]: the values of feature d in class c of the training split. */
function columnsOfClasses({ train, classNames, inputShape }: Dataset): number[][][] {
  const features = inputShape[0]!
  const columns = classNames.map(() => Array.from({ length: features }, (): number[] => []))
  for (const [row, label] of train.labels.entries()) {
    for (let feature = 0; feature < features; feature++) {
      columns[label]![feature]!.push(train.inputs[row * features + feature]!)
    }
  }
  return columns
}

describe('makeClassification', () => {
  const dataset = makeClassification({ test: 0 })

  it('has the sizes of the experiment and balanced classes', () => {
    const { train, test, classNames, inputShape } = makeClassification()
    expect([train.labels.length, test?.labels.length, classNames.length, inputShape]).toEqual([
      9000,
      1000,
      20,
      [14],
    ])
    expect(columnsOfClasses(dataset).map((columns) => columns[0]!.length)).toEqual(new Array(20).fill(500))
  })

  it("has scikit-learn's moments: corners at distance 1, variance 14/3 within a class", () => {
    const columns = columnsOfClasses(dataset)
    // One class's mean of 500 draws of variance near 4.7 has a deviation of 0.1 about the corner.
    const corners = columns.map((of) => of.map(mean))
    const offsets = corners.flat().map((value) => Math.abs(value) - 1)
    expect(mean(offsets)).toBeCloseTo(0, 1)
    expect(Math.max(...offsets.map(Math.abs))).toBeLessThan(0.5)
    expect(new Set(corners.map((corner) => corner.map(Math.sign).join())).size).toBe(20)
    // x = z A, z ~ N(0, I), entries of A uniform in [-1, 1) with variance 1/3; scikit-learn's over 20 seeds: 4.648.
    expect(mean(columns.flat().map(variance))).toBeCloseTo(14 / 3, 0)
  })

  it('mixes the informative features of a cluster by a matrix of its own', () => {
    const correlation = (a: readonly number[], b: readonly number[]): number =>
      mean(a.map((value, index) => (value - mean(a)) * (b[index]! - mean(b)))) /
      Math.sqrt(variance(a) * variance(b))
    const found = columnsOfClasses(dataset).map((of) => correlation(of[0]!, of[1]!))
    expect(Math.sqrt(variance(found))).toBeGreaterThan(0.15)
    // Entries of A have mean 0, so correlations do too: their deviation is near 1 / sqrt(14), over 20 classes 0.06.
    expect(Math.abs(mean(found))).toBeLessThan(0.25)
  })

  it('adds redundant features in the span of the informative ones, and noise', () => {
    const { train } = makeClassification({
      examples: 400,
      features: 4,
      informative: 2,
      redundant: 1,
      classes: 2,
      test: 0,
    })
    const rows = Array.from({ length: 400 }, (_, row) => [...train.inputs.subarray(4 * row, 4 * row + 4)])
    const gram = Array.from({ length: 4 }, (_, a) =>
      Array.from({ length: 4 }, (_, b) => mean(rows.map((row) => row[a]! * row[b]!))),
    )
    // One linear dependence among four columns.
    expect(Math.abs(determinant(gram))).toBeLessThan(1e-4)
    const withoutNoise = [0, 1, 2, 3].filter((column) => Math.abs(determinant(minor(gram, column))) > 1e-3)
    expect(withoutNoise.length).toBe(3)
  })

  it('follows class weights and takes several clusters per class', () => {
    const weighted = makeClassification({ examples: 1000, classes: 3, classWeights: [1, 2, 7], test: 0 })
    expect(columnsOfClasses(weighted).map((columns) => columns[0]!.length)).toEqual([100, 200, 700])
    const clusters = makeClassification({
      examples: 2000,
      features: 3,
      classes: 2,
      clustersPerClass: 4,
      classSeparation: 50,
      test: 0,
    })
    const signs = new Set<string>()
    for (let row = 0; row < 2000; row++) {
      signs.add([...clusters.train.inputs.subarray(3 * row, 3 * row + 3)].map(Math.sign).join())
    }
    expect(signs.size).toBe(8)
  })

  it('repeats with the seed', () => {
    expect(makeClassification({ examples: 100, seed: 1 })).toEqual(
      makeClassification({ examples: 100, seed: 1 }),
    )
    const other = makeClassification({ examples: 100, seed: 2 })
    expect(makeClassification({ examples: 100, seed: 1 }).train.inputs).not.toEqual(other.train.inputs)
  })

  it.each<[object, string]>([
    [
      { features: 3, informative: 2, redundant: 2 },
      'informative + redundant must be at most the 3 features, got 4',
    ],
    [{ features: 4 }, 'classes * clustersPerClass must be at most the 2^4 corners, got 20'],
    [{ classes: 2, classWeights: [1, 0] }, 'classWeights[1] must be > 0, got 0'],
    [{ classes: 2, classWeights: [1, 2, 3] }, 'classWeights must be 2 numbers, got [1, 2, 3]'],
    [{ features: 2, redundant: 2 }, 'makeClassification: informative must be >= 1, got 0'],
    [{ examples: 1.5 }, 'makeClassification: examples must be a whole number, got 1.5'],
    [{ classes: 1 }, 'makeClassification: classes must be >= 2, got 1'],
    [{ classSeparation: 0 }, 'classSeparation must be > 0, got 0'],
  ])('rejects %o', (options, message) => {
    expect(() => makeClassification(options)).toThrow(message)
  })
})

describe('makeSpiral', () => {
  it('puts class j on its arm', () => {
    const { train, classNames, inputShape } = makeSpiral({ noise: 0, examplesPerClass: 101, test: 0 })
    expect([train.labels.length, classNames.length, inputShape]).toEqual([404, 4, [2]])
    for (const [row, label] of train.labels.entries()) {
      const [x, y] = [train.inputs[2 * row]!, train.inputs[2 * row + 1]!]
      const radius = Math.hypot(x, y)
      expect(x).toBeCloseTo(radius * Math.sin(4.74 * (label + radius / 4)), 4)
      expect(y).toBeCloseTo(radius * Math.cos(4.74 * (label + radius / 4)), 4)
    }
  })

  it('has even radii up to 4 and the noise asked for on the angle', () => {
    const { train } = makeSpiral({ test: 0 })
    const offsets: number[] = []
    const radii: number[] = []
    for (const [row, label] of train.labels.entries()) {
      const [x, y] = [train.inputs[2 * row]!, train.inputs[2 * row + 1]!]
      const radius = Math.hypot(x, y)
      radii.push(radius)
      if (radius === 0) continue
      const offset = Math.atan2(x, y) - 4.74 * (label + radius / 4)
      offsets.push(offset - 2 * Math.PI * Math.round(offset / (2 * Math.PI)))
    }
    expect(Math.max(...radii)).toBeCloseTo(4, 5)
    expect(mean(radii)).toBeCloseTo(2, 3)
    expect(mean(offsets)).toBeCloseTo(0, 1)
    expect(Math.sqrt(variance(offsets))).toBeCloseTo(0.2, 2)
  })
})

describe('makeBlobs', () => {
  it('has round blobs of the deviations asked for, in the box, evenly', () => {
    const blobs = makeBlobs({ test: 0 })
    const wanted = [1.4, 2.8, 1.7, 4, 2, 3.5, 1.5, 2.5]
    for (const [label, [x, y]] of columnsOfClasses(blobs).entries()) {
      expect(x!.length).toBe(1250)
      // The deviation of 1,250 draws has a relative error of 2 %.
      for (const values of [x!, y!]) {
        expect(Math.abs(Math.sqrt(variance(values)) / wanted[label]! - 1)).toBeLessThan(0.09)
        expect(Math.abs(mean(values))).toBeLessThan(20.5)
      }
    }
  })

  it('rejects a deviation of 0', () => {
    expect(() => makeBlobs({ standardDeviations: [1, 0] })).toThrow(
      'makeBlobs: standardDeviations[1] must be > 0, got 0',
    )
  })
})

describe('loadDataset', () => {
  it('makes the synthetic sets by name', async () => {
    expect(await loadDataset({ name: 'spiral', seed: 4 })).toEqual(makeSpiral({ seed: 4 }))
    expect((await loadDataset({ name: 'blobs', test: 0 })).test).toBeUndefined()
    const normalization = { mean: [1], standardDeviation: [2] }
    const clusters = await loadDataset({ name: 'classification', examples: 200, normalization })
    expect([clusters.name, clusters.normalization]).toEqual(['classification', normalization])
  })

  it('names an option that there is not, and what there is', async () => {
    await expect(loadDataset({ name: 'spiral', arms: 3 } as never)).rejects.toThrow(
      'loadDataset: spiral: arms must not be given, got 3\n  the options are classes, examplesPerClass, noise, test, seed, normalization',
    )
  })

  it('names a task and a data set that do not go together', async () => {
    await expect(loadDataset({ name: 'spiral', task: regression })).rejects.toThrow(
      'loadDataset: task must be one of classes for the data set spiral, got regression, which needs numbers',
    )
    expect((await loadDataset({ name: 'spiral', task: classification })).task?.outputShape).toEqual([4])
  })

  it('lists its names where one is unknown', async () => {
    await expect(loadDataset({ name: 'digit' } as never)).rejects.toThrow(
      'loadDataset: name must be one of digits, fashion-mnist, mnist, cifar10, cifar100, image-folder, csv, parquet, classification, spiral, blobs, got digit',
    )
  })
})

function minor(matrix: readonly (readonly number[])[], dropped: number): number[][] {
  return matrix
    .filter((_, row) => row !== dropped)
    .map((row) => row.filter((_, column) => column !== dropped))
}

function determinant(matrix: readonly (readonly number[])[]): number {
  if (matrix.length === 1) return matrix[0]![0]!
  return matrix[0]!.reduce((sum, value, column) => {
    const rest = matrix.slice(1).map((row) => row.filter((_, index) => index !== column))
    return sum + (column % 2 === 0 ? 1 : -1) * value * determinant(rest)
  }, 0)
}
