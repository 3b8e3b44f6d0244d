import { reportHtml, type Comparison, type ReportedRun } from '@kd/report'
import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { writeFileSafely } from '../../run/folder/write-file-safely.js'
import { UsageError } from '../../config/usage-error.js'
import { readComparisonFile } from '../../jobs/compare/read-comparison-file.js'
import { readRun } from './read-run.js'

/** How a report is made. */
export interface ReportOptions {
  /** The file. @defaultValue `report.html` in the first folder */
  readonly out?: string
}

/** A report that was written. */
export interface WrittenReport {
  /** Absolute path of the file. */
  readonly file: string
  /** How many runs it shows. */
  readonly runs: number
}

/**
 * Makes one HTML file of runs, or of a comparison and its runs: what `kd report` does.
 *
 * @param folders - of runs, finished or not, or of one comparison
 * @param options - see {@link ReportOptions}
 * @returns where it is
 * @throws {@link UsageError} when a folder is neither, or a file in it is damaged
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import { basename, join } from 'node:path'
 * import { runDistillation, writeReport } from '@kd/cli'
 *
 * const { folder } = await runDistillation(
 *   {
 *     dataset: { name: 'digits' },
 *     student: { model: { name: 'mlp', hiddenUnits: [8] } },
 *     method: { name: 'label-smoothing' },
 *     training: { epochs: 1 },
 *     engine: 'cpu',
 *   },
 *   { out: join(tmpdir(), 'reported-run'), force: true },
 * )
 * const { file } = await writeReport([folder])
 * console.log(basename(file)) // report.html
 * ```
 */
export async function writeReport(
  folders: readonly string[],
  options: ReportOptions = {},
): Promise<WrittenReport> {
  const [first] = folders
  if (first === undefined) throw new UsageError('kd report must have at least one folder, got none')
  for (const folder of folders) await assertFolder(folder)
  const comparison = folders.length === 1 ? await readComparisonFile(first) : undefined
  const runs = comparison === undefined ? await readRuns(folders) : await runsOf(first, comparison)
  if (runs.length === 0)
    throw new UsageError(`${first} has no finished run to report`, 'run kd compare again: it goes on')
  const file = resolve(options.out ?? join(first, 'report.html'))
  const title = comparison?.name ?? runs.map(({ name }) => name).join(', ')
  const date = new Date().toISOString().slice(0, 10)
  await writeFileSafely(file, await reportHtml({ title, runs, date, ...(comparison && { comparison }) }))
  return { file, runs: runs.length }
}

async function assertFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) return
  throw new UsageError(`${path} must be the folder of a run or of a comparison, got no folder`)
}

/** Runs of the same name in different folders are told apart by their paths. */
function readRuns(folders: readonly string[]): Promise<ReportedRun[]> {
  const names = folders.map((folder) => basename(resolve(folder)))
  const areUnique = new Set(names).size === names.length
  return Promise.all(folders.map((folder, index) => readRun(folder, areUnique ? names[index]! : folder)))
}

function runsOf(folder: string, { runs }: Comparison): Promise<ReportedRun[]> {
  return Promise.all(
    runs.filter(({ state }) => state === 'done').map((run) => readRun(join(folder, run.folder), run.folder)),
  )
}
