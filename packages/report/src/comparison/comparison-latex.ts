import type { Comparison } from './comparison.js'
import type { ComparisonTable } from '../tables/table-content.js'
import { comparisonTables } from './comparison-tables.js'

/**
 * Writes a comparison as LaTeX tables, which need no package.
 *
 * @param comparison - as `kd compare` found it
 * @returns one `table` per measure, then the notes as comments
 */
export function comparisonLatex(comparison: Comparison): string {
  const { tables, notes } = comparisonTables(comparison)
  const comments = notes.map((note) => `% ${note.replace(/\p{Cc}+/gu, ' ')}`)
  return `${[...tables.map((table) => latexTable(table, comparison.axes.length)), ...comments].join('\n')}\n`
}

function latexTable({ title, head, rows }: ComparisonTable, axes: number): string {
  const line = (cells: readonly string[]): string => `    ${cells.map(escaped).join(' & ')} \\\\`
  const columns = head.map((_, index) => (index < axes ? 'l' : 'r')).join('')
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${escaped(title)}}`,
    `  \\begin{tabular}{${columns}}`,
    '    \\hline',
    line(head),
    '    \\hline',
    ...rows.map(line),
    '    \\hline',
    '  \\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n')
}

const commands: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '–': '--',
  '<': '$<$',
  '>': '$>$',
}

function escaped(text: string): string {
  const negative = /^-(?=\d)/
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/[\\~^±–<>]|[&%$#_{}]/gu, (character) => commands[character] ?? `\\${character}`)
    .replace(negative, '$-$')
    .replace(/ to -(?=\d)/, ' to $-$')
}
