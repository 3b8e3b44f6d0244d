import {
  choice,
  defineDataset,
  InvalidArgumentError,
  option,
  optionalOption,
  readonlyList,
  requiredOption,
  type Dataset,
  type DatasetContext,
  type LabelArray,
  type LabelForm,
  type OptionsOutput,
} from '@kd/core'
import * as z from 'zod/mini'
import { heldOutTest, normalization, withNormalization } from '../dataset-options.js'
import { gunzip, readFileBytes } from '../files/read-files.js'
import { withHeldOutTest } from '../split/held-out-test.js'
import { parseParquet } from './parse-parquet.js'
import { parseCsv } from './parse-csv.js'
import { moments } from './input-precision.js'
import { missingChoices } from './missing-values.js'
import type { Table } from './table.js'
import { tableExamples } from './table-examples.js'

const text = z.string().check(z.minLength(1))
const texts = readonlyList(z.array(text).check(z.minLength(1)))

const tableOptions = {
  path: requiredOption(text, 'file with the training examples'),
  testPath: optionalOption(text, 'file of the same columns with the test examples'),
  label: requiredOption(
    z.union([text, texts]),
    'column with the class; for a task of flags or numbers the columns with one of them each',
  ),
  features: optionalOption(
    texts,
    'columns that make the input; otherwise all but the labels and numbers of rows',
  ),
  categories: optionalOption(
    texts,
    'features that hold categories; each becomes 0 or 1 for each of its categories',
  ),
  missing: choice(
    missingChoices,
    'refuse',
    'what is done about cells without a value: refuse, drop the row, or fill in the mean or median of a number',
  ),
  classNames: optionalOption(
    readonlyList(z.array(z.string())),
    'classes in the order of their indices; otherwise those found, sorted',
  ),
  normalization,
  test: heldOutTest,
}

const labels: readonly LabelForm[] = ['class', 'flags', 'numbers']

/**
 * A table of your own as comma-separated values, compressed with gzip or not: numeric columns make the input, one column the class.
 * For a task of flags the columns of `label` hold 0 or 1 (or true and false), for one of numbers any finite number; they name the outputs.
 *
 * @param options - the file and what its columns mean; the normalization is by default mean and standard deviation of each feature over
 * the training file
 * @param context - the task, by default classification, and the seed of what is held out with `test`
 * @returns the data set, with float inputs [D]; ids are rows of the file, from 0
 * @throws {@link KdError} when a file or a value cannot be used; the message names file, row and column
 *
 * @example
 * ```ts
 * import { csv } from '@kd/datasets'
 *
 * console.log(csv.summary) // your own table as comma-separated values
 * ```
 */
export const csv = defineDataset({
  name: 'csv',
  summary: 'your own table as comma-separated values',
  options: { ...tableOptions, delimiter: option(text, ',', 'character between the values') },
  labels,
  load: ({ delimiter, ...options }, context) =>
    loadTable('csv', options, context, async (path) =>
      parseCsv(await gunzip(await readFileBytes(path, 'loadDataset'), path, 'loadDataset'), {
        fileName: path,
        delimiter,
      }),
    ),
})

/**
 * A table of your own as Parquet, read as {@link csv} is.
 *
 * @param options - as those of {@link csv}, without a delimiter
 * @param context - the task, by default classification, and the seed of what is held out with `test`
 * @returns the data set, with float inputs [D]; ids are rows of the file, from 0
 * @throws {@link KdError} when a file or a value cannot be used; the message names file, row and column
 *
 * @example
 * ```ts
 * import { parquet } from '@kd/datasets'
 *
 * console.log(parquet.summary) // your own table as Parquet
 * ```
 */
export const parquet = defineDataset({
  name: 'parquet',
  summary: 'your own table as Parquet',
  options: tableOptions,
  labels,
  load: (options, context) =>
    loadTable('parquet', options, context, async (path) =>
      parseParquet(await readFileBytes(path, 'loadDataset'), path),
    ),
})

/** Reads a table as float inputs [D]. A caller without a task gets classes. */
async function loadTable(
  name: string,
  options: OptionsOutput<typeof tableOptions>,
  { task, seed, onNote }: DatasetContext,
  read: (path: string) => Promise<Table>,
): Promise<Dataset> {
  const { path, testPath, test, normalization: given, ...columns } = options
  const labelForm = task?.labels ?? 'class'
  if (labelForm !== 'class' && columns.classNames !== undefined) {
    throw new InvalidArgumentError(
      `loadDataset: ${name}: classNames must not be given for the task ${task!.name}, got ${columns.classNames.join(', ')}`,
      { hint: 'the columns of label name the outputs' },
    )
  }
  const table = await read(path)
  const train = tableExamples(table, { ...columns, labelForm })
  const held =
    testPath === undefined
      ? undefined
      : tableExamples(await read(testPath), { ...columns, labelForm, like: train })
  for (const note of [...train.notes, ...(held?.notes ?? [])]) onNote?.(note)
  const size = train.featureNames.length
  const { mean, standardDeviation } = moments(train.examples.inputs as Float32Array | Float64Array, size)
  const dataset: Dataset<LabelArray> = {
    name,
    inputShape: [size],
    classNames: train.classNames,
    featureNames: train.featureNames,
    sourceExamples: table.rows.length,
    // A feature that never changes becomes 0.
    normalization: { mean, standardDeviation: standardDeviation.map((value) => value || 1) },
    train: train.examples,
    ...(held && { test: held.examples }),
    // The split below has to know whether there are classes.
    ...(task && { task: task.make({ outputs: train.classNames.length }) }),
  }
  return withNormalization(withHeldOutTest(dataset, test, seed), given) as Dataset
}
