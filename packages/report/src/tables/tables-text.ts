import type { ComparisonTable, ComparisonTables } from '../comparison/comparison-tables.js'

/**
 * Tables and notes for the terminal: lines without a line end; control characters are taken out.
 *
 * @param tables - and notes
 * @param columns - how wide the terminal is; of a wider table the last columns are left out, and named
 */
export function tablesText({ tables, notes }: ComparisonTables, columns: number): string {
  const texts = tables.map((table) => textTable(table, columns))
  return [...texts, notes.map((note) => `* ${printable(note)}`).join('\n')].join('\n\n')
}

function textTable({ title, head, rows }: ComparisonTable, columns: number): string {
  const cells = [head, ...rows].map((row) => row.map(printable))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  const fitting = Math.max(1, fittingColumns(widths, columns))
  const lines = cells.map((row) =>
    row
      .slice(0, fitting)
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
  const leftOut = head.slice(fitting)
  const note = leftOut.length === 0 ? [] : [`(too narrow here for ${leftOut.join('; ')})`]
  return [title, '', ...lines, ...note].join('\n')
}

function fittingColumns(widths: readonly number[], columns: number): number {
  let end = -2
  const tooFar = widths.findIndex((width) => (end += width + 2) > columns)
  return tooFar === -1 ? widths.length : tooFar
}

/** A name could hold what moves a terminal's cursor or changes its title. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replace(/\p{Cf}/gu, '')
}
