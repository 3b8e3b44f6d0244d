import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What Data Selection made of one training example. */
export interface ScoredById {
  readonly score: number
  /** Whether it is distilled. */
  readonly chosen: boolean
}

/**
 * Reads the last choice of Data Selection from a run's selection-scores.csv: a run that was interrupted may have made it in another
 * process.
 *
 * @param folder - of the run
 * @returns by the example's id; undefined where the run has no Data Selection
 */
export async function readSelectionScores(
  folder: string,
): Promise<ReadonlyMap<number, ScoredById> | undefined> {
  let text: string
  try {
    text = await readFile(join(folder, 'selection-scores.csv'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const rows = text.trimEnd().split('\n').slice(1)
  return new Map(
    rows.map((row) => {
      const [id, , score, chosen] = row.split(',').map(Number)
      return [id!, { score: score!, chosen: chosen === 1 }]
    }),
  )
}
