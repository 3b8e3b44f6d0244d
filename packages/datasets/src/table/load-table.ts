import type { Dataset, Examples, Normalization } from '@kd/core'
import { parseParquet } from './parquet/parse-parquet.js'
import { parseCsv } from './parse-csv.js'
import { tableExamples, type Table, type TableExamplesOptions } from './table-examples.js'
import { gunzip, readFileBytes } from '../files/read-files.js'

/** Options of a table of numbers with a label column. */
export interface TableOptions extends TableExamplesOptions {
  readonly name: 'csv' | 'parquet'
  /** The file with the training examples; CSV may be compressed with gzip. */
  readonly path: string
  /** A file of the same columns with the test examples. */
  readonly testPath?: string
  /** The character between the values of CSV. @defaultValue ',' */
  readonly delimiter?: string
  /** @defaultValue mean and standard deviation of each feature over the training file */
  readonly normalization?: Normalization
}

/** Reads a table as float inputs [D]. */
export async function loadTable(options: TableOptions): Promise<Dataset> {
  const train = tableExamples(await readTable(options.path, options), options)
  const columns = { label: options.label, features: train.featureNames, classNames: train.classNames }
  const test = options.testPath && tableExamples(await readTable(options.testPath, options), columns)
  return {
    name: options.name,
    inputShape: [train.featureNames.length],
    classNames: train.classNames,
    normalization: featureNormalization(train.examples),
    train: train.examples,
    ...(test && { test: test.examples }),
  }
}

async function readTable(path: string, { name, delimiter }: TableOptions): Promise<Table> {
  const bytes = await readFileBytes(path, 'loadDataset')
  if (name === 'parquet') return parseParquet(bytes, path)
  const text = await gunzip(bytes, path, 'loadDataset')
  return parseCsv(text, { fileName: path, ...(delimiter !== undefined && { delimiter }) })
}

/** Returns mean and standard deviation (over N) of each feature; one that never changes gets a deviation of 1, so it becomes 0. */
function featureNormalization({ inputs, labels }: Examples): Normalization {
  const count = labels.length
  const size = inputs.length / count
  const mean = new Array<number>(size).fill(0)
  for (const [index, value] of inputs.entries()) mean[index % size]! += value / count
  const variance = new Array<number>(size).fill(0)
  for (const [index, value] of inputs.entries()) {
    variance[index % size]! += (value - mean[index % size]!) ** 2 / count
  }
  // Rounding leaves a trace of variance in a constant column; dividing by it would blow noise up.
  const constant = mean.map((value) => (1e-7 * Math.abs(value)) ** 2)
  return {
    mean,
    standardDeviation: variance.map((value, feature) => (value > constant[feature]! ? Math.sqrt(value) : 1)),
  }
}
