import type { ComparedRun, Comparison, ReportedResult, ReportedRun } from '@kd/report'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readComparisonFile } from '../../jobs/compare/read-comparison-file.js'
import { readStep } from '../../run/log/step-file.js'
import { RunReader } from '../report/read-run.js'
import { recordedRun } from '../../run/origin/recorded-run.js'
import { standStill } from '../../run/folder/stand-still.js'
import { UsageError } from '../../config/usage-error.js'
import type { Watched, WatchedRun } from './watched-run.js'

/** How often in a row a run can be unreadable, before that is an error: it may be just being put back for --resume. */
const PATIENCE = 5

/** Where a run is, and what the comparison that it belongs to says of it. */
interface Place {
  readonly name: string
  readonly folder: string
  readonly compared?: ComparedRun
}

interface Known {
  readonly reader: RunReader
  /** The signature of the files that it was read from. */
  readonly signature: string
  readonly run: WatchedRun
  readonly failures: number
}

/** A folder of a run, of a comparison, or of several of these, that is read again and again. */
export class WatchedFolder {
  readonly #path: string
  readonly #known = new Map<string, Known>()

  /** @param path - of the folder */
  constructor(path: string) {
    this.#path = resolve(path)
  }

  /**
   * Reads what is there now; of runs that have not changed nothing is read.
   *
   * @throws {@link UsageError} when it is no folder, or one of something else, or a file in it stays damaged
   */
  async read(): Promise<Watched> {
    const { places, comparison } = await this.#places()
    const runs = await Promise.all(places.map((place) => this.#read(place)))
    const title = comparison?.name ?? basename(this.#path)
    return { title, runs, ...(comparison && { comparison: withResults(comparison, runs) }) }
  }

  async #places(): Promise<{ readonly places: readonly Place[]; readonly comparison?: Comparison }> {
    const found = await stat(this.#path).catch(() => undefined)
    if (found?.isDirectory() !== true)
      throw new UsageError(`${this.#path} must be the folder of runs or of a comparison, got no folder`)
    const comparison = await readComparisonFile(this.#path)
    if (comparison !== undefined) return { comparison, places: placesOf(comparison, this.#path) }
    const entries = await readdir(this.#path, { withFileTypes: true })
    if (entries.some(({ name }) => name === 'config.yaml'))
      return { places: [{ name: basename(this.#path), folder: this.#path }] }
    const inside = await Promise.all(
      entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort()
        .map((name) => placesIn(join(this.#path, name), name)),
    )
    const places = inside.flat()
    // Half-written files are of a run that is about to begin.
    if (places.length === 0 && entries.some(({ name }) => !name.endsWith('.tmp')))
      throw new UsageError(
        `${this.#path} must be the folder of runs or of a comparison, got other files in it`,
      )
    return { places }
  }

  async #read(place: Place): Promise<WatchedRun> {
    const signature = await signatureOf(place)
    const known = this.#known.get(place.folder)
    const reader = known?.reader ?? new RunReader(place.folder, place.name)
    try {
      const read = known?.signature === signature ? known.run : await readPlace(place, reader)
      const run = await withStep(read, place.folder)
      this.#known.set(place.folder, { reader, signature, run, failures: 0 })
      return run
    } catch (error) {
      const failures = (known?.failures ?? 0) + 1
      if (failures > PATIENCE) throw error
      const run: WatchedRun = known?.run ?? { ...unread, name: place.name, state: 'waiting' }
      // With another signature, so that it is read again.
      this.#known.set(place.folder, { reader, signature: '', run, failures })
      return run
    }
  }
}

function placesOf({ runs }: Comparison, folder: string, prefix = ''): Place[] {
  return runs.map((compared) => ({
    name: prefix + compared.folder,
    folder: join(folder, compared.folder),
    compared,
  }))
}

async function placesIn(folder: string, name: string): Promise<Place[]> {
  const comparison = await readComparisonFile(folder)
  if (comparison !== undefined) return placesOf(comparison, folder, `${name}/`)
  // What a run writes right after its config.yaml, which other folders may have too.
  const isRun = (await stat(join(folder, 'environment.json')).catch(() => undefined)) !== undefined
  return isRun ? [{ name, folder }] : []
}

/** Changes whenever something is written that is shown. */
async function signatureOf({ folder, compared }: Place): Promise<string> {
  const files = await Promise.all(
    ['config.yaml', 'metrics.jsonl', 'diagnostics.json'].map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => undefined)
      return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs}`
    }),
  )
  // Where there is no folder there is no process either.
  const reason = await standStill(folder).catch(() => undefined)
  return [compared?.state, reason, ...files].join('|')
}

/** A run before anything of it was read. */
const unread = { done: 0, newest: [] }

/** The same object where it has gone no step on. */
async function withStep(run: WatchedRun, folder: string): Promise<WatchedRun> {
  const { step: before, ...rest } = run
  const step = run.state === 'running' ? await readStep(folder) : undefined
  if (isDeepStrictEqual(step, before)) return run
  return { ...rest, ...(step && { step }) }
}

async function readPlace({ name, folder, compared }: Place, reader: RunReader): Promise<WatchedRun> {
  const recorded = await recordedRun(folder)
  const failed = compared?.state === 'failed'
  const state = failed
    ? { state: 'failed' as const, ...(compared.message !== undefined && { message: compared.message }) }
    : undefined
  if (recorded === undefined) return { ...unread, name, ...(state ?? { state: 'waiting' }) }
  const written = await reader.read()
  const { training } = recorded.config as { training?: { epochs?: unknown } }
  return {
    name,
    written,
    done: written.trained?.epochs ?? 0,
    newest: reader.newest,
    ...(typeof training?.epochs === 'number' && { epochs: training.epochs }),
    ...(state ?? stateOf(written)),
  }
}

function stateOf({ result, stopped }: ReportedRun): Pick<WatchedRun, 'state' | 'message'> {
  if (result !== undefined) return { state: result.ended === 'aborted' ? 'interrupted' : 'done' }
  return stopped === undefined ? { state: 'running' } : { state: 'stopped', message: stopped }
}

/** comparison.json is written when all is over; what its runs found is in their folders before. */
function withResults(comparison: Comparison, runs: readonly WatchedRun[]): Comparison {
  return {
    ...comparison,
    runs: comparison.runs.map((compared, index) => {
      const { state, written } = runs[index]!
      const { last, best, seconds } = written?.result ?? {}
      if (state !== 'done' || last?.test === undefined) return compared
      return {
        ...compared,
        state: 'done',
        last: accuracy(last),
        ...(best?.test !== undefined && { best: accuracy(best) }),
        ...(seconds !== undefined && { seconds }),
      }
    }),
  }
}

function accuracy(student: NonNullable<ReportedResult['last']>): NonNullable<ComparedRun['last']> {
  return { ...student, test: student.test! }
}
