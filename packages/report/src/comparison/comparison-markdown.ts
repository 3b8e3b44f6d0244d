import type { Comparison } from './comparison.js'
import { comparisonTables, type ComparisonTable } from './comparison-tables.js'

/**
 * A comparison as Markdown with pipe tables.
 *
 * @param comparison - as `kd compare` found it
 * @returns text that ends with a line end; what Markdown or HTML would take for markup is escaped
 */
export function comparisonMarkdown(comparison: Comparison): string {
  const { tables, notes } = comparisonTables(comparison)
  const parts = [
    `# ${escaped(comparison.name)}`,
    ...tables.map(pipeTable),
    notes.map((note) => `- ${escaped(note)}`).join('\n'),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function pipeTable({ title, head, rows }: ComparisonTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`
  return [
    `**${escaped(title)}**`,
    '',
    line(head),
    `|${head.map(() => ' --- |').join('')}`,
    ...rows.map(line),
  ].join('\n')
}

function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}]+/gu, ' ')
    .replace(/[\\`*_[\]<>|#~]/g, '\\$&')
    .replace(/&/g, '&amp;')
}
