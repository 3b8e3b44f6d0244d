import { KdError } from '@kd/core'
import type { ComparedRun, Comparison } from '@kd/report'
import { resolve } from 'node:path'
import { readComparisonFile } from './read-comparison-file.js'
import { recordedRun } from '../../run/origin/recorded-run.js'
import { failureMessage } from '../job/failure-message.js'
import { FailureRecord } from '../runner/indexed/failure-record.js'
import { UsageError } from '../../config/usage-error.js'
import { foundIn } from './compared-run.js'
import { ComparisonFolder } from './comparison-folder.js'

/**
 * Looks what is done of a comparison whose runs were handed to a cluster or a queue, and writes its tables anew: what `kd
 * collect` does. It needs neither the config nor the data.
 *
 * @param folder - of the comparison
 * @returns what all runs found so far
 * @throws {@link UsageError} when there is no comparison
 *
 * @example
 * ```ts
 * import { collectComparison } from '@kd/cli'
 *
 * const message = await collectComparison('runs/none').catch((error: Error) => error.message.split('\n')[0])
 * console.log(message) // runs/none must be the folder of a comparison, got one without comparison.json
 * ```
 */
export async function collectComparison(folder: string): Promise<Comparison> {
  const path = resolve(folder)
  const planned = await readComparisonFile(path)
  if (planned === undefined) {
    throw new UsageError(
      `${folder} must be the folder of a comparison, got one without comparison.json`,
      'kd compare writes it, whatever the runner',
    )
  }
  const place = await ComparisonFolder.open(path)
  const runs: ComparedRun[] = []
  for (const run of planned.runs) runs.push(await lookedAt(run, path))
  const comparison = { ...planned, runs }
  await place.write(comparison)
  return comparison
}

async function lookedAt(run: ComparedRun, comparison: string): Promise<ComparedRun> {
  const { labels, seed, id, folder, state, message } = run
  const common = { labels, seed, id, folder }
  const path = resolve(comparison, folder)
  try {
    const recorded = await recordedRun(path)
    if (recorded?.environment['id'] === id && recorded.result !== undefined)
      return { ...common, state: 'done', ...foundIn(recorded.result) }
  } catch (error) {
    // A damaged run is no reason to lose sight of the others.
    if (!KdError.isInstance(error)) throw error
    return { ...common, state: 'failed', message: failureMessage(error) }
  }
  const failure = await new FailureRecord(comparison, id).read()
  if (failure !== undefined) return { ...common, state: 'failed', message: failure }
  // Noted by a process that did wait for it.
  if (state === 'failed') return { ...common, state, ...(message !== undefined && { message }) }
  return { ...common, state: state === 'stopped' ? 'stopped' : 'submitted' }
}
