import { tablesText } from '../tables/tables-text.js'
import type { Comparison } from './comparison.js'
import { comparisonTables } from './comparison-tables.js'

/**
 * Writes a comparison as a table for the terminal.
 *
 * @param comparison - as `kd compare` found it
 * @param columns - how wide the terminal is: of a wider table the last columns are left out, and named; default: as wide as needed
 * @returns lines without a line end; control characters in names are taken out
 */
export function comparisonText(comparison: Comparison, columns: number = Infinity): string {
  return tablesText(comparisonTables(comparison), columns)
}
