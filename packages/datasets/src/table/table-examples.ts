import { InvalidArgumentError, KdError, type Examples, type LabelArray, type LabelForm } from '@kd/core'

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
  /** The name of the column with the class, or of the columns with flags or numbers. */
  readonly label: string | readonly string[]
  /** What the label columns hold: one class, flags (0 or 1, true or false), or numbers. @defaultValue 'class' */
  readonly labelForm?: LabelForm | undefined
  /** The names of the numeric columns that make the input, in order. @defaultValue all but the labels */
  readonly features?: readonly string[] | undefined
  /** The class names in the order of their indices. @defaultValue the values found: numbers ascending, else by code point */
  readonly classNames?: readonly string[] | undefined
}

/** The examples that {@link tableExamples} makes of a table, and their names. */
export interface TableExamples<Labels extends LabelArray = Int32Array> {
  /** The inputs are floats [N, D]; the ids are rows of the table, from 0. */
  readonly examples: Examples<Labels>
  /** The classes, or the label columns where each is an output. */
  readonly classNames: readonly string[]
  readonly featureNames: readonly string[]
}

/**
 * Makes examples of a table: numeric columns become the inputs, one column the class, or several columns a flag or a number each.
 *
 * @param table - what {@link parseCsv} or {@link parseParquet} read
 * @param options - which columns mean what
 * @returns the examples and the names of classes and features; labels are Int32Array [N] for classes, Uint8Array [N, C] for flags and
 * Float32Array [N, C] for numbers
 * @throws {@link InvalidArgumentError} when a column does not exist or there are several for the class, {@link KdError} when a value is
 * missing, is not a finite number, or is no known class; the message names file, row and column
 *
 * @example
 * ```ts
 * import { tableExamples } from '@kd/datasets'
 *
 * const table = { fileName: 'points', columns: ['x', 'side'], rows: [[-1, 'left'], [2, 'right']] }
 * console.log(tableExamples(table, { label: 'side' }).examples.labels) // Int32Array [0, 1]
 * ```
 */
export function tableExamples(
  table: Table,
  options: TableExamplesOptions & { readonly labelForm?: 'class' | undefined },
): TableExamples
export function tableExamples(table: Table, options: TableExamplesOptions): TableExamples<LabelArray>
export function tableExamples(table: Table, options: TableExamplesOptions): TableExamples<LabelArray> {
  const { labelForm = 'class' } = options
  const labelNames = typeof options.label === 'string' ? [options.label] : options.label
  const { features = table.columns.filter((column) => !labelNames.includes(column)) } = options
  const labelColumns = labelNames.map((name) => columnOf(table, name))
  const columns = features.map((feature) => columnOf(table, feature))
  if (columns.length === 0) {
    throw new InvalidArgumentError(
      `tableExamples: ${table.fileName} must have a feature column beside ${labelNames.join(', ')}, got none`,
    )
  }
  const { labels, classNames } =
    labelForm === 'class'
      ? classLabels(table, labelNames, labelColumns, options.classNames)
      : { labels: outputLabels(table, labelNames, labelColumns, labelForm), classNames: labelNames }
  const inputs = new Float32Array(table.rows.length * columns.length)
  for (const [index, row] of table.rows.entries()) {
    for (const [feature, column] of columns.entries()) {
      const number = toNumber(row[column])
      if (!Number.isFinite(number))
        throw badValue(table, index, features[feature]!, 'a finite number', row[column])
      inputs[index * columns.length + feature] = number
    }
  }
  const ids = Int32Array.from(table.rows.keys())
  return { examples: { inputs, labels, ids }, classNames, featureNames: features }
}

function classLabels(
  table: Table,
  names: readonly string[],
  columns: readonly number[],
  given: readonly string[] | undefined,
): { labels: Int32Array; classNames: readonly string[] } {
  const [label] = names
  const [column] = columns
  if (label === undefined || column === undefined || names.length > 1) {
    throw new InvalidArgumentError(
      `tableExamples: label must be one column for a task of classes, got ${names.join(', ')}`,
      {
        hint: 'several columns are labels of a task of flags or numbers, such as multi-label and regression',
      },
    )
  }
  const texts = table.rows.map((row, index) => {
    const value = row[column]
    if (value === null || value === undefined || value === '' || Number.isNaN(value)) {
      throw badValue(table, index, label, 'a class', value)
    }
    return `${value as string | number | bigint | boolean}`
  })
  const classNames = given ?? sortedNames(texts)
  const indices = new Map(classNames.map((name, index) => [name, index]))
  const labels = Int32Array.from(texts, (text, index) => {
    const found = indices.get(text)
    if (found === undefined)
      throw badValue(table, index, label, `one of the classes ${classNames.join(', ')}`, text)
    return found
  })
  return { labels, classNames }
}

function outputLabels(
  table: Table,
  names: readonly string[],
  columns: readonly number[],
  form: 'flags' | 'numbers',
): Uint8Array | Float32Array {
  const size = table.rows.length * columns.length
  const labels = form === 'flags' ? new Uint8Array(size) : new Float32Array(size)
  for (const [index, row] of table.rows.entries()) {
    for (const [output, column] of columns.entries()) {
      const number = form === 'flags' ? toFlag(row[column]) : toNumber(row[column])
      if (!Number.isFinite(number)) {
        const wanted = form === 'flags' ? '0 or 1' : 'a finite number'
        throw badValue(table, index, names[output]!, wanted, row[column])
      }
      labels[index * columns.length + output] = number
    }
  }
  return labels
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

/** Returns 0 or 1, and NaN for a value that is neither nor true or false. */
function toFlag(value: unknown): number {
  const word = typeof value === 'string' ? value.toLowerCase() : value
  if (word === 'true') return 1
  if (word === 'false') return 0
  const number = toNumber(value)
  return number === 0 || number === 1 ? number : NaN
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
