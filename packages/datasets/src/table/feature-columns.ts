import { BadCells } from './bad-cells.js'
import { isMissingNumber, toNumber } from './cell-number.js'
import { isMissing, labelText, sortedTexts } from './label-text.js'
import { fillOf, type Missing } from './missing-values.js'
import { columnOf, type Table } from './table.js'

/** A column that becomes one number of the input, or one for each of its categories. */
export interface FeatureColumn {
  readonly name: string
  /** The categories in the order of their numbers; absent for a column of numbers. */
  readonly categories?: readonly string[]
  /** The number for cells that are empty; absent where they are refused. */
  readonly fill?: number
}

/**
 * Says how columns become inputs: finds the categories of those in `categories`, and what is filled in for missing numbers.
 *
 * @param table - the training file's
 */
export function featureColumns(
  table: Table,
  names: readonly string[],
  { categories, missing }: { readonly categories: readonly string[]; readonly missing: Missing },
): FeatureColumn[] {
  return names.map((name) => {
    const column = columnOf(table, name)
    const cells = table.rows.map((row) => row[column])
    if (categories.includes(name)) {
      const texts = cells.filter((cell) => !isMissing(cell)).map(labelText)
      return { name, categories: sortedTexts(texts.filter((text) => text !== undefined)) }
    }
    if (missing !== 'mean' && missing !== 'median') return { name }
    const present = cells.filter((cell) => !isMissingNumber(cell)).map(toNumber)
    return { name, fill: fillOf(present.filter(Number.isFinite), missing) }
  })
}

/** Returns a name for each number of the input: that of the column, or `column=category`. */
export function featureNames(columns: readonly FeatureColumn[]): string[] {
  return columns.flatMap(({ name, categories }) => categories?.map((one) => `${name}=${one}`) ?? [name])
}

/**
 * Reads the inputs of all rows in double precision.
 *
 * @param missing - an empty cell in a column of categories is all zeros unless this is `refuse`
 * @returns [rows, numbers]
 * @throws {@link KdError} when cells cannot be used; it counts their rows and names the first ten
 */
export function readFeatures(
  table: Table,
  columns: readonly FeatureColumn[],
  missing: Missing,
): Float64Array {
  const size = featureNames(columns).length
  const inputs = new Float64Array(table.rows.length * size)
  const bad = new BadCells(table)
  let start = 0
  for (const { name, categories, fill } of columns) {
    const index = columnOf(table, name)
    const places = categories && new Map(categories.map((category, place) => [category, place]))
    for (const [row, values] of table.rows.entries()) {
      const value = values[index]
      if (places !== undefined) {
        if (isMissing(value) && missing !== 'refuse') continue
        const place = isMissing(value) ? undefined : places.get(labelText(value) ?? '')
        if (place === undefined) bad.add({ row, column: name, wanted: categoryRule(categories!), value })
        else inputs[row * size + start + place] = 1
        continue
      }
      const number = fill !== undefined && isMissingNumber(value) ? fill : toNumber(value)
      if (Number.isNaN(number)) bad.add({ row, column: name, wanted: 'a finite number', value })
      inputs[row * size + start] = number
    }
    start += categories?.length ?? 1
  }
  bad.assertNone(
    'drop the rows or fill the values in (missing: drop, mean or median does so), name columns of texts in categories, or only usable columns in features',
  )
  return inputs
}

function categoryRule(categories: readonly string[]): string {
  const shown = categories.slice(0, 10).join(', ')
  return `one of the categories ${shown}${categories.length > 10 ? ', …' : ''}`
}
