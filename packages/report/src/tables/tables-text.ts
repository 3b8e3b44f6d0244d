import type { ComparisonTable, ComparisonTables } from '../comparison/comparison-tables.js'

/** Tables and notes for the terminal: lines without a line end; control characters are taken out. */
export function tablesText({ tables, notes }: ComparisonTables): string {
  return [...tables.map(textTable), notes.map((note) => `* ${printable(note)}`).join('\n')].join('\n\n')
}

function textTable({ title, head, rows }: ComparisonTable): string {
  const cells = [head, ...rows].map((row) => row.map(printable))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
  return [title, '', ...lines].join('\n')
}

/** A name could hold what moves a terminal's cursor or changes its title. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replace(/\p{Cf}/gu, '')
}
