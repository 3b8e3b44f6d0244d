/** A cell of a CSV file, which stays empty where there is no value. */
export type CsvField = string | number | null | undefined

/** Writes rows as comma-separated values (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe in front. */
export function csv(rows: readonly (readonly CsvField[])[]): string {
  return rows.map((cells) => `${cells.map(field).join(',')}\r\n`).join('')
}

function field(value: CsvField): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
