import { InvalidArgumentError, type Examples, type LabelArray, type LabelForm } from '@kd/core'
import { BadCells } from './bad-cells.js'
import { toFlag, toNumber } from './cell-number.js'
import { classLabelsOfColumn, onlyLabel } from './class-column.js'
import { featureColumns, featureNames, readFeatures, type FeatureColumn } from './feature-columns.js'
import { roundInputs } from './input-precision.js'
import { withoutMissing, type Missing } from './missing-values.js'
import { rowNumberColumns } from './row-numbers.js'
import { assertDistinct, columnOf, type Table } from './table.js'

/** Options of {@link tableExamples}: the columns of labels and of inputs. */
export interface TableExamplesOptions {
  /** The name of the column with the class, or of the columns with flags or numbers. */
  readonly label: string | readonly string[]
  /** What the label columns hold: one class, flags (0 or 1, true or false), or numbers. @defaultValue 'class' */
  readonly labelForm?: LabelForm | undefined
  /** The names of the columns that make the input, in order. @defaultValue all but the labels and the numbers of rows */
  readonly features?: readonly string[] | undefined
  /** Those of the features that hold categories: each becomes 0 or 1 for each of its categories, sorted. @defaultValue none */
  readonly categories?: readonly string[] | undefined
  /**
   * What is done about cells without a value: `refuse` them, `drop` their rows, or fill in the `mean` or `median` of the column; a category
   * that is missing is then all zeros. Labels are never filled in.
   * @defaultValue 'refuse'
   */
  readonly missing?: Missing | undefined
  /** The class names in the order of their indices. @defaultValue the values found: numbers ascending, else by code point */
  readonly classNames?: readonly string[] | undefined
  /** Examples of another table, whose columns, categories, filled in values and classes are taken, as for the test file of a training file. */
  readonly like?: TableExamples<LabelArray> | undefined
}

/** The examples that {@link tableExamples} makes of a table, and their names. */
export interface TableExamples<Labels extends LabelArray = Int32Array> {
  /** The inputs are floats [N, D], double where float32 would lose what tells rows apart; the ids are rows of the file, from 0. */
  readonly examples: Examples<Labels>
  /** The classes, or the label columns where each is an output. */
  readonly classNames: readonly string[]
  /** A name for each number of the input: that of its column, or `column=category`. */
  readonly featureNames: readonly string[]
  /** How columns became inputs. */
  readonly columns: readonly FeatureColumn[]
  /** Columns and rows that were left out and why, in sentences. */
  readonly notes: readonly string[]
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
export function tableExamples(given: Table, options: TableExamplesOptions): TableExamples<LabelArray> {
  const { labelForm = 'class', categories = [], missing = 'refuse', like } = options
  const labelNames = typeof options.label === 'string' ? [options.label] : options.label
  assertDistinct(given.columns, `the columns of ${given.fileName}`, 'tableExamples')
  assertDistinct(labelNames, 'label', 'tableExamples')
  if (labelForm === 'class') onlyLabel(labelNames)
  for (const name of labelNames) columnOf(given, name)
  const { names, notes } = chosenFeatures(given, labelNames, options)
  const unused = categories.find((name) => !names.includes(name))
  if (unused !== undefined) {
    throw new InvalidArgumentError(
      `tableExamples: categories must be columns of the input, got ${unused} beside ${names.join(', ')}`,
    )
  }
  const texts = [...names.filter((name) => categories.includes(name)), ...labelNames]
  const numbers = names.filter((name) => !categories.includes(name))
  const table = missing === 'drop' ? withoutMissing(given, { numbers, texts }) : given
  const dropped = given.rows.length - table.rows.length
  if (dropped > 0)
    notes.push(`${given.fileName}: ${dropped} of ${given.rows.length} rows lack a value and are left out`)
  const { labels, classNames } =
    labelForm === 'class'
      ? classLabelsOfColumn(table, {
          name: labelNames[0]!,
          index: columnOf(table, labelNames[0]!),
          classNames: like?.classNames ?? options.classNames,
        })
      : { labels: outputLabels(table, labelNames, labelForm), classNames: labelNames }
  const columns = like?.columns ?? featureColumns(table, names, { categories, missing })
  const exact = readFeatures(table, columns, missing)
  const size = exact.length / table.rows.length
  const inputs = like?.examples.inputs instanceof Float64Array ? exact : roundInputs(exact, size)
  const ids = table.rowNumbers ?? Int32Array.from(table.rows.keys())
  return {
    examples: { inputs, labels, ids },
    classNames,
    featureNames: featureNames(columns),
    columns,
    notes,
  }
}

/** Returns the columns of the input, and says which look like numbers of rows and are left out. */
function chosenFeatures(
  table: Table,
  labelNames: readonly string[],
  { features, like }: TableExamplesOptions,
): { names: readonly string[]; notes: string[] } {
  const notes: string[] = []
  let names = like?.columns.map(({ name }) => name) ?? features
  if (names === undefined) {
    const numbers = rowNumberColumns(table).filter((name) => !labelNames.includes(name))
    names = table.columns.filter((name) => !labelNames.includes(name) && !numbers.includes(name))
    if (names.length === 0) names = table.columns.filter((name) => !labelNames.includes(name))
    else if (numbers.length > 0) {
      notes.push(
        `${table.fileName}: ${numbers.map((name) => JSON.stringify(name)).join(', ')} holds numbers of rows and is left out; name it in features to use it`,
      )
    }
  }
  assertDistinct(names, 'features', 'tableExamples')
  if (names.length === 0) {
    throw new InvalidArgumentError(
      `tableExamples: ${table.fileName} must have a feature column beside ${labelNames.join(', ')}, got none`,
    )
  }
  for (const name of names) columnOf(table, name)
  return { names, notes }
}

function outputLabels(
  table: Table,
  names: readonly string[],
  form: 'flags' | 'numbers',
): Uint8Array | Float32Array {
  const size = table.rows.length * names.length
  const labels = form === 'flags' ? new Uint8Array(size) : new Float32Array(size)
  const bad = new BadCells(table)
  for (const [output, column] of names.entries()) {
    const index = columnOf(table, column)
    for (const [row, values] of table.rows.entries()) {
      const number = form === 'flags' ? toFlag(values[index]) : toNumber(values[index])
      const wanted = form === 'flags' ? '0 or 1' : 'a finite number'
      if (Number.isNaN(number)) bad.add({ row, column, wanted, value: values[index] })
      labels[row * names.length + output] = number
    }
  }
  bad.assertNone('drop the rows or fill the values in; missing: drop leaves out rows with empty cells')
  return labels
}
