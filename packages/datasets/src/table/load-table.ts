import type { Dataset, Normalization } from '@kd/core'
import { featureNormalization } from './feature-normalization.js'
import { parseCsv } from './parse-csv.js'
import { parseParquet } from './parquet/parse-parquet.js'
import { tableExamples, type TableExamplesOptions } from './table-examples.js'
import type { Table } from './table.js'
import { gunzip } from '../files/gunzip.js'
import { readFileBytes } from '../files/read-file-bytes.js'

/** A table of numbers with a label column. */
export interface TableOptions extends TableExamplesOptions {
  readonly name: 'csv' | 'parquet'
  /** The file with the training examples; CSV may be compressed with gzip. */
  readonly path: string
  /** A file of the same columns with the test examples. */
  readonly testPath?: string
  /** Of CSV. @defaultValue ',' */
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
