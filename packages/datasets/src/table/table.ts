import { InvalidArgumentError } from '@kd/core'

/** A table of a file: named columns and rows of values. */
export interface Table {
  /** The name of the file, for error messages. */
  readonly fileName: string
  readonly columns: readonly string[]
  /** One array per row, with a value for each column. */
  readonly rows: readonly (readonly unknown[])[]
  /** The number in the file of each row, from 0, where rows were left out. @defaultValue 0, 1, 2, … */
  readonly rowNumbers?: Int32Array
}

/** Checks that no name occurs twice. */
export function assertDistinct(names: readonly string[], what: string, functionName: string): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) {
      throw new InvalidArgumentError(
        `${functionName}: ${what} must be different names, got ${JSON.stringify(name)} twice`,
        { hint: 'rename or remove one of the two' },
      )
    }
    seen.add(name)
  }
}

/** Returns the position of a column. */
export function columnOf({ columns, fileName }: Table, name: string): number {
  const index = columns.indexOf(name)
  if (index >= 0) return index
  throw new InvalidArgumentError(
    `tableExamples: ${fileName} must have a column ${name}, got ${columns.join(', ')}`,
    { hint: 'set label and features to names in the first line of the file' },
  )
}
