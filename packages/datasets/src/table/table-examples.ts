import { InvalidArgumentError, KdError, type Examples } from '@kd/core'

/** A table of a file: named columns and rows of values. */
export interface Table {
  /** The name of the file, for error messages. */
  readonly fileName: string
  readonly columns: readonly string[]
  /** One array per row, with a value for each column. */
  readonly rows: readonly (readonly unknown[])[]
}

/** Options of {@link tableExamples}: the columns of labels and of inputs. */
export interface TableExamplesOptions {
  /** The name of the column with the class. */
  readonly label: string
  /** The names of the numeric columns that make the input, in order. @defaultValue all but the label */
  readonly features?: readonly string[]
  /** The class names in the order of their indices. @defaultValue the values found: numbers ascending, else by code point */
  readonly classNames?: readonly string[]
}

/** The examples that {@link tableExamples} makes of a table, and their names. */
export interface TableExamples {
  /** The inputs are floats [N, D]; the ids are rows of the table, from 0. */
  readonly examples: Examples
  readonly classNames: readonly string[]
  readonly featureNames: readonly string[]
}

/**
 * Makes examples of a table: numeric columns become the inputs, one column the class.
 *
 * @param table - what {@link parseCsv} or {@link parseParquet} read
 * @param options - which columns mean what
 * @returns the examples and the names of classes and features
 * @throws {@link InvalidArgumentError} when a column does not exist, {@link KdError} when a value is missing, is not a
 * finite number, or is no known class; the message names file, row and column
 *
 * @example
 * ```ts
 * import { tableExamples } from '@kd/datasets'
 *
 * const table = { fileName: 'points', columns: ['x', 'side'], rows: [[-1, 'left'], [2, 'right']] }
 * console.log(tableExamples(table, { label: 'side' }).examples.labels) // Int32Array [0, 1]
 * ```
 */
export function tableExamples(table: Table, options: TableExamplesOptions): TableExamples {
  const { label, features = table.columns.filter((column) => column !== label) } = options
  const labelColumn = columnOf(table, label)
  const columns = features.map((feature) => columnOf(table, feature))
  if (columns.length === 0) {
    throw new InvalidArgumentError(
      `tableExamples: ${table.fileName} must have a feature column beside ${label}, got none`,
    )
  }
  const texts = table.rows.map((row, index) => {
    const value = row[labelColumn]
    if (value === null || value === undefined || value === '' || Number.isNaN(value)) {
      throw badValue(table, index, label, 'a class', value)
    }
    return `${value as string | number | bigint | boolean}`
  })
  const classNames = options.classNames ?? sortedNames(texts)
  const inputs = new Float32Array(texts.length * columns.length)
  for (const [index, row] of table.rows.entries()) {
    for (const [feature, column] of columns.entries()) {
      const number = toNumber(row[column])
      if (!Number.isFinite(number))
        throw badValue(table, index, features[feature]!, 'a finite number', row[column])
      inputs[index * columns.length + feature] = number
    }
  }
  const indices = new Map(classNames.map((name, index) => [name, index]))
  const labels = Int32Array.from(texts, (text, index) => {
    const label = indices.get(text)
    if (label === undefined)
      throw badValue(table, index, options.label, `one of the classes ${classNames.join(', ')}`, text)
    return label
  })
  return {
    examples: { inputs, labels, ids: Int32Array.from(labels.keys()) },
    classNames,
    featureNames: features,
  }
}

function columnOf({ columns, fileName }: Table, name: string): number {
  const index = columns.indexOf(name)
  if (index >= 0) return index
  throw new InvalidArgumentError(
    `tableExamples: ${fileName} must have a column ${name}, got ${columns.join(', ')}`,
    {
      hint: 'set label and features to names in the first line of the file',
    },
  )
}

/** Returns a number as float32 holds it, and NaN for a value that is no number. */
function toNumber(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return Math.fround(Number(value))
  return typeof value === 'string' && value !== '' ? Math.fround(Number(value)) : NaN
}

function badValue({ fileName }: Table, row: number, column: string, wanted: string, value: unknown): KdError {
  return new KdError(
    `tableExamples: ${fileName} must have ${wanted} in column ${column}, got ${describe(value)} in data row ${row + 1}`,
    { hint: 'drop the row or fill the value in, or name only usable columns in features' },
  )
}

function describe(value: unknown): string {
  if (value === '' || value === null || value === undefined) return 'nothing'
  return typeof value === 'number' ? `${value}` : (JSON.stringify(value) ?? typeof value)
}

function sortedNames(texts: readonly string[]): string[] {
  const names = [...new Set(texts)]
  const numeric = names.every((name) => Number.isFinite(Number(name)))
  return numeric ? names.sort((a, b) => Number(a) - Number(b)) : names.sort()
}
