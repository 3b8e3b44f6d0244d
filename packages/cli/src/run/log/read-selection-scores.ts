import { KdError } from '@kd/core'
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
 * @throws {@link KdError} when a row is something else
 */
export async function readSelectionScores(
  folder: string,
): Promise<ReadonlyMap<number, ScoredById> | undefined> {
  const path = join(folder, 'selection-scores.csv')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const rows = text.trimEnd().split('\n').slice(1)
  return new Map(
    rows.map((row, index) => {
      const [id, , score, chosen] = row.split(',')
      if (!/^\d+,\d+,[^,\s]+,[01]$/.test(row) || !Number.isFinite(Number(score))) {
        throw new KdError(
          `${path} must have id, label, score and choice in each row, got ${JSON.stringify(row.slice(0, 100))} in row ${index + 1}`,
          { hint: 'it was damaged; without it the run has no pictures of what was chosen' },
        )
      }
      return [Number(id), { score: Number(score), chosen: chosen === '1' }]
    }),
  )
}
