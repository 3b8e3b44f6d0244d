import { InvalidArgumentError, KdError } from '@kd/core'
import { BadCells } from './bad-cells.js'
import { isMissing, isNumber, labelText, sortedTexts } from './label-text.js'
import { assertDistinct, type Table } from './table.js'

/** Up to so many different labels are taken for classes without a question. */
const FEW = 20

/** The column with the class, and what its values may be. */
interface ClassColumn {
  readonly name: string
  readonly index: number
  /** The class names in the order of their indices; otherwise those found. */
  readonly classNames: readonly string[] | undefined
}

/**
 * Reads a column as classes.
 *
 * @returns labels [N] and the names of the classes
 * @throws {@link KdError} when a value is missing or no class, or when the column seems to hold something else than classes
 */
export function classLabelsOfColumn(
  table: Table,
  { name, index, classNames: given }: ClassColumn,
): { labels: Int32Array; classNames: readonly string[] } {
  const bad = new BadCells(table)
  const texts = table.rows.map((values, row) => {
    const value = values[index]
    const text = isMissing(value) ? undefined : labelText(value)
    if (text === undefined) bad.add({ row, column: name, wanted: 'a class', value })
    return text ?? ''
  })
  bad.assertNone(
    'a class is a text, a number, true or false, or a date: drop the row or fill the value in; missing: drop does so for empty cells',
  )
  if (given === undefined) assertClasses(texts, table.fileName, name)
  const classNames = given ?? sortedTexts(texts)
  const keys = classNames.map((className) => labelText(className)!)
  assertDistinct(keys, 'classNames', 'tableExamples')
  const indices = new Map(keys.map((key, label) => [key, label]))
  const shown = classNames.length > FEW ? `${classNames.slice(0, FEW).join(', ')}, …` : classNames.join(', ')
  const labels = Int32Array.from(texts, (text, row) => {
    const label = indices.get(text)
    if (label === undefined)
      bad.add({ row, column: name, wanted: `one of the classes ${shown}`, value: table.rows[row]![index] })
    return label ?? 0
  })
  bad.assertNone('drop the rows, or name all classes in classNames')
  return { labels, classNames }
}

/** Checks that labels repeat as classes do, and are not numbers to be predicted, several labels in a cell, or free text. */
function assertClasses(texts: readonly string[], fileName: string, column: string): void {
  const names = [...new Set(texts)]
  const refuse = (found: string, hint: string): never => {
    throw new KdError(`tableExamples: ${fileName} must have classes in column ${column}, got ${found}`, {
      hint: `${hint}; if these are classes, list them in classNames`,
    })
  }
  const separator = [';', '|', ','].find((mark) => hasSeveralLabels(names, mark))
  if (separator !== undefined) {
    const example = names.find((name) => name.includes(separator))!
    refuse(
      `several labels in one cell, such as ${JSON.stringify(example.slice(0, 60))}`,
      'for several labels of an example use task: { name: multi-label } and a column of 0 or 1 for each label, named in label',
    )
  }
  if (names.length <= FEW) return
  const seldomRepeat = names.length > texts.length / 2
  if (names.every(isNumber)) {
    if (seldomRepeat || names.some((name) => !Number.isInteger(Number(name))))
      refuse(
        `${names.length} different numbers in ${texts.length} rows, which is a number to be predicted (a regression target)`,
        'set task: { name: regression }',
      )
  } else if (seldomRepeat) {
    refuse(
      `${names.length} different texts in ${texts.length} rows, which is a column of text or of names of the rows`,
      'set label to the column that holds the class',
    )
  }
}

/** Tells whether some cells are lists whose parts all occur in other cells too. */
function hasSeveralLabels(names: readonly string[], separator: string): boolean {
  const parts = names.map((name) => [...new Set(name.split(separator).map((part) => part.trim()))])
  if (parts.every((list) => list.length < 2)) return false
  const uses = new Map<string, number>()
  for (const part of parts.flat()) uses.set(part, (uses.get(part) ?? 0) + 1)
  return parts.every((list) => list.length < 2 || list.every((part) => part !== '' && uses.get(part)! > 1))
}

/** Returns the one column of labels that a task of classes can have. */
export function onlyLabel(names: readonly string[]): string {
  if (names.length === 1) return names[0]!
  throw new InvalidArgumentError(
    `tableExamples: label must be one column for a task of classes, got ${names.join(', ')}`,
    { hint: 'several columns are labels of a task of flags or numbers, such as multi-label and regression' },
  )
}
