import Table from 'cli-table3'
import { guardedText } from './guarded-text.js'

/**
 * A plain table.
 *
 * @param head - titles of the columns
 * @param rows - cells
 * @returns lines without a line end
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const borders = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) =>
    ['', '-left', '-mid', '-right'].map((end) => [side + end, ''] as const),
  )
  const made = new Table({
    head: [...head],
    chars: { ...Object.fromEntries(borders), 'mid-mid': '', middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  })
  // A name with line ends would look like rows of its own.
  made.push(...rows.map((row) => row.map((cell) => guardedText(cell).replaceAll('\n', ' '))))
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
