import { tablesMarkdown } from '../tables/tables-markdown.js'
import type { Comparison } from './comparison.js'
import { comparisonTables } from './comparison-tables.js'

/**
 * Writes a comparison as Markdown with pipe tables.
 *
 * @param comparison - as `kd compare` found it
 * @returns text that ends with a line end; what Markdown or HTML would take for markup is escaped
 */
export function comparisonMarkdown(comparison: Comparison): string {
  return tablesMarkdown(comparison.name, comparisonTables(comparison))
}
