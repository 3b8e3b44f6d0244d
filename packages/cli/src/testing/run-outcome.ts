import { readEventFile, type SummaryEvent } from '@kd/report'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Reads every file of a finished run to the byte, without wall times and without what names the moment or the folder.
 *
 * @param out - the run's folder
 * @returns texts by the name of the file; equal for two runs that found the same
 */
export async function runOutcome(out: string): Promise<Record<string, string>> {
  const names = (await readdir(out, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const files = await Promise.all(
    names.map(async (path): Promise<[string, string]> => {
      const content = await readFile(path)
      const name = path.slice(out.length + 1)
      if (name === 'environment.json') return [name, '']
      if (name.startsWith('events.')) return [name, JSON.stringify(readEventFile(content).map(withoutTimes))]
      if (name !== 'metrics.jsonl') return [name, content.toString('base64')]
      return [name, withoutMoment(content.toString())]
    }),
  )
  return Object.fromEntries(files)
}

/**
 * Leaves out of lines of a run what another run that found the same has otherwise: times, and its folder.
 *
 * @param lines - of metrics.jsonl
 * @returns the lines, equal for two runs that found the same
 */
export function withoutMoment(lines: string): string {
  return lines.replaceAll(/"(seconds|median|p95)":[\d.e-]+|"folder":"[^"]*"/g, '"…"')
}

/** Every event is there once; when it was, and how long a step took, is another time's. */
function withoutTimes({
  step,
  scalars: { 'run/secondsPerStep': _, ...scalars },
  histograms,
}: SummaryEvent): object {
  return { step, scalars, histograms }
}
