import type { Comparison } from '@kd/report'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes a comparison of four runs that share two teachers and take a second or so each.
 *
 * @param path - of the file
 * @param epochs - of each student
 */
export async function writeTinyComparison(path: string, epochs: number): Promise<void> {
  await writeFile(
    path,
    `base:
  dataset: { name: digits, take: { train: 150, validation: 40, test: 60 } }
  teachers: [{ model: { name: mlp, hiddenUnits: [16] }, training: { epochs: 2 } }]
  student: { model: { name: mlp, hiddenUnits: [8] } }
  training: { epochs: ${epochs}, batchSize: 32 }
  engine: cpu
methods: { KD: { name: vanilla-kd }, LR: { name: label-revision } }
seeds: 2
baseline: KD
`,
  )
}

/**
 * Everything that a comparison found and that must not depend on where it was found: its data without wall times, and of each
 * run the metrics, line by line, and the student's weights.
 *
 * @param folder - of the comparison
 * @param runs - where its runs' folders lie, when not there
 */
export async function foundBits(folder: string, runs: string = folder): Promise<object> {
  const comparison = JSON.parse(await readFile(join(folder, 'comparison.json'), 'utf8')) as Comparison
  const bits = []
  for (const { folder: run, seconds: _, ...rest } of comparison.runs) {
    const weights = await readFile(join(runs, run, 'student/weights.bin')).catch(() => undefined)
    bits.push({
      ...rest,
      run,
      weights: weights?.toString('base64'),
      metrics: await metricsOf(join(folder, run)),
    })
  }
  return { ...comparison, runs: bits }
}

/** Lines of metrics.jsonl without what depends on the clock or the machine. */
async function metricsOf(run: string): Promise<object[]> {
  const text = await readFile(join(run, 'metrics.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(
      (line) => JSON.parse(line, (key, value: unknown) => (volatile.test(key) ? undefined : value)) as object,
    )
}

const volatile = /seconds|^folder$|^latency$|PerSecond/i

/** All files below a folder that have a text in them. */
export async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && (await readFile(path)).includes(text)) found.push(path)
  }
  return found
}
