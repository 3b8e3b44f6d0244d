import type { Dataset } from '@kd/core'
import type { RunFolder } from '../../run/folder/run-folder.js'
import { contactSheet } from './contact-sheet.js'
import { scoreHistogram } from './score-histogram.js'
import { scoreCsv, scoreParquet, type ScoredExample } from './score-table.js'
import type { SelectionSettings } from './selection-settings.js'

/** A selection as its files show it. */
interface WrittenSelection {
  readonly dataset: Dataset
  readonly table: readonly ScoredExample[]
  readonly selection: SelectionSettings
  readonly summary: object
}

/**
 * Writes the files of a selection: scores, histogram, contact sheet of images, and the summary.
 *
 * @param folder - of the selection
 * @param selection - what was scored and how
 * @returns the names of the files
 */
export async function writeSelection(
  folder: RunFolder,
  { dataset, table, selection, summary }: WrittenSelection,
): Promise<string[]> {
  const sheet = contactSheet(dataset, table)
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    ['scores.csv', scoreCsv(table)],
    ['scores.parquet', scoreParquet(table)],
    ['histogram.svg', await scoreHistogram(table, selection.score)],
    ...(sheet === undefined ? [] : [['best-and-worst.png', sheet] as const]),
    ['selection.json', `${JSON.stringify({ ...summary, classNames: dataset.classNames }, null, 2)}\n`],
  ]
  for (const [name, content] of files) await folder.writeFile(name, content)
  return files.map(([name]) => name)
}
