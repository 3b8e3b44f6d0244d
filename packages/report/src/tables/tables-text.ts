import type { ComparisonTable, ComparisonTables } from './table-content.js'

/**
 * Writes tables and notes as lines for the terminal, without line ends; control characters are removed.
 *
 * @param tables - the tables and notes
 * @param columns - how wide the terminal is; of a wider table dotted names are shortened, and the last columns left out and named
 */
export function tablesText({ tables, notes }: ComparisonTables, columns: number): string {
  const texts = tables.map((table) => textTable(table, columns))
  return [...texts, notes.map((note) => `* ${printable(note)}`).join('\n')].join('\n\n')
}

function textTable(table: ComparisonTable, columns: number): string {
  const wide = layout(table)
  const isFitting = fittingColumns(wide.widths, columns) === wide.widths.length
  // The last word of an axis such as student.model.hiddenUnits is enough.
  const head = isFitting ? table.head : table.head.map((name) => name.replace(/^(\w+\.)+(?=\w)/, ''))
  const { cells, widths } = layout({ ...table, head })
  const fitting = Math.max(1, fittingColumns(widths, columns))
  const lines = cells.map((row) =>
    row
      .slice(0, fitting)
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
  const leftOut = head.slice(fitting).map(printable)
  const note = leftOut.length === 0 ? [] : [`(too narrow here for ${leftOut.join('; ')})`]
  return [table.title, '', ...lines, ...note].join('\n')
}

function layout({ head, rows }: ComparisonTable): { cells: string[][]; widths: number[] } {
  const cells = [head, ...rows].map((row) => row.map(printable))
  return { cells, widths: head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length))) }
}

/** Returns how many columns fit into a line, with two spaces between them. */
function fittingColumns(widths: readonly number[], columns: number): number {
  let end = -2
  const tooFar = widths.findIndex((width) => (end += width + 2) > columns)
  return tooFar === -1 ? widths.length : tooFar
}

/** Removes control characters, with which a name could move the terminal's cursor or change its title. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replace(/\p{Cf}/gu, '')
}
