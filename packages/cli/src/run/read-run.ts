import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunResult } from './run-result.js'

/** What lies in a run's folder. */
export interface FoundRun {
  readonly id: string
  /** Absent while the run is not finished: interrupted, or still going on. */
  readonly result?: RunResult
}

/**
 * Looks into a run's folder.
 *
 * @param folder - of a run
 * @returns what is there; undefined where there is no run, or not even its beginning
 */
export async function readRun(folder: string): Promise<FoundRun | undefined> {
  const environment = parsed(await text(join(folder, 'environment.json')))
  if (typeof environment?.['id'] !== 'string') return undefined
  const last = (await text(join(folder, 'metrics.jsonl')))?.trimEnd().split('\n').at(-1)
  const line = parsed(last)
  if (line?.['kind'] !== 'result' || line['ended'] === 'aborted') return { id: environment['id'] }
  const { kind: _, ...result } = line
  return { id: environment['id'], result: { ...(result as unknown as RunResult), folder } }
}

async function text(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

/** A line that was cut short by a crash is no line. */
function parsed(json: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json ?? 'null')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
