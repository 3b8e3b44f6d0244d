import type { ComparisonTable, ComparisonTables } from './table-content.js'

/** Writes tables and notes below a heading as Markdown with pipe tables, and escapes text that would be taken for markup. */
export function tablesMarkdown(name: string, { tables, notes }: ComparisonTables): string {
  const parts = [
    `# ${escaped(name)}`,
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
