import type { Comparison } from './comparison.js'
import { comparisonTables, type ComparisonTable } from './comparison-tables.js'

/**
 * A comparison as a table for the terminal.
 *
 * @param comparison - as `kd compare` found it
 * @returns lines without a line end; control characters in names are taken out
 */
export function comparisonText(comparison: Comparison): string {
  const { tables, notes } = comparisonTables(comparison)
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
