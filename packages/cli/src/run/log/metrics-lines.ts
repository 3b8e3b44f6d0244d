import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../../config/usage-error.js'

/**
 * The lines of a run's metrics.jsonl.
 *
 * @param folder - of the run
 * @returns one value each, none without a file; half a line at the end, of a run that goes on or was killed, is left out
 * @throws {@link UsageError} when a line is no JSON
 */
export async function metricsLines(folder: string): Promise<unknown[]> {
  const path = join(folder, 'metrics.jsonl')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      try {
        return JSON.parse(line) as unknown
      } catch {
        throw new UsageError(`${path} must hold JSON as a run writes it, got something else`)
      }
    })
}
