import { mkdir, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { UsageError } from '../../config/usage-error.js'
import { FolderLock, lockPattern } from './folder-lock.js'
import { writeError, writeFileSafely } from './write-file-safely.js'

/** Everything that a run writes, half-written or not; what `--force` removes. */
const files =
  'config.yaml|environment.json|metrics.jsonl|diagnostics.json|progress.json|examples.csv|report.html|' +
  'events.out.tfevents.kd|scores.csv|scores.parquet|histogram.svg|best-and-worst.png|selection.json|' +
  // Runs before 0.2 wrote these.
  String.raw`mixing-weights.csv|selection-scores.csv|lock-\S+`
const folders = String.raw`student(-alone)?|teacher-\d+(-epoch-\d+)?|checkpoint`
const folderName = new RegExp(`^(${folders})$`)
const contents = new RegExp(String.raw`^(${files.replaceAll('.', '[.]')}|${folders})(\.\d+\.tmp)?$`)

/** Where a run goes. */
export interface RunFolderOptions {
  /** The folder that the user asked for. */
  readonly out?: string | undefined
  /** Otherwise `runs/<name>`, or `runs/<name>-2` and so on where that exists. */
  readonly name: string
  /** Whether a run in `out` may be replaced. */
  readonly force?: boolean | undefined
  /** Whether a run in `out` goes on. */
  readonly resume?: boolean | undefined
  /** The identity of the job that is done in `out`, whose lease this process holds. */
  readonly id?: string | undefined
}

/** How long a job waits for a run that somebody began by hand in its folder: longer than the lock of a machine that is gone counts. */
const JOB_WAIT_SECONDS = 150

/** The folder of one run. */
export class RunFolder {
  readonly path: string
  readonly #lock: FolderLock | undefined

  private constructor(path: string, lock?: FolderLock) {
    this.path = path
    this.#lock = lock
  }

  /** A folder whose content is known to be a run's, or to be absent. */
  static at(path: string): RunFolder {
    return new RunFolder(path)
  }

  /**
   * Makes the folder and takes it for this process, until {@link RunFolder.release}. A folder that was asked for by name is
   * never overwritten unasked; a default name gets a number.
   *
   * @param options - see {@link RunFolderOptions}
   * @returns this run's own folder, empty unless the run goes on
   * @throws {@link UsageError} when `out` is not empty, or another process works in it
   */
  static async create(options: RunFolderOptions): Promise<RunFolder> {
    const { out, name, id } = options
    const path = out === undefined ? await claimNumbered(resolve('runs', name)) : resolve(out)
    await attempt(path, () => mkdir(path, { recursive: true }))
    await removable(path, options)
    const lock = await FolderLock.take(
      path,
      id === undefined ? {} : { job: id, waitSeconds: JOB_WAIT_SECONDS },
    )
    try {
      // Another process may have changed it until now.
      const entries = [...(await removable(path, options)), ...(await halfWritten(path))]
      await attempt(path, () =>
        Promise.all(entries.map((entry) => rm(join(path, entry), { recursive: true, force: true }))),
      )
      return new RunFolder(path, lock)
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  /** Checks that no other process works in the folder by now. */
  assertHeld(): void {
    this.#lock?.assertHeld()
  }

  /** Lets other processes work in the folder. */
  async release(): Promise<void> {
    await this.#lock?.release()
  }

  /** Writes a value as YAML. */
  async writeYaml(name: string, value: unknown): Promise<void> {
    await writeFileSafely(join(this.path, name), stringify(value, { aliasDuplicateObjects: false }))
  }

  /** Writes a file whole or not at all. */
  async writeFile(name: string, content: string | Uint8Array): Promise<void> {
    await writeFileSafely(join(this.path, name), content)
  }

  /** Writes a value as JSON. */
  async writeJson(name: string, value: unknown): Promise<void> {
    await writeFileSafely(join(this.path, name), `${JSON.stringify(value, null, 2)}\n`)
  }

  /** Makes a folder inside. */
  async makeFolder(name: string): Promise<string> {
    const path = join(this.path, name)
    await attempt(path, () => mkdir(path, { recursive: true }))
    return path
  }
}

/** What has to go before a run begins or goes on in a folder, which must be one of ours. */
async function removable(
  path: string,
  { out = path, force = false, resume = false }: RunFolderOptions,
): Promise<string[]> {
  const all = await attempt(path, () => readdir(path, { withFileTypes: true }))
  const found = all.filter((entry) => !(lockPattern.test(entry.name) && entry.isFile()))
  if (found.length === 0) return []
  // A link could lead out of the folder; a run that was killed at once has left no more than half a file.
  const isOwn = found.every((entry) => contents.test(entry.name) && !entry.isSymbolicLink())
  const hasBegun = found.some((entry) => entry.name === 'config.yaml')
  if (!isOwn || !(hasBegun || found.every((entry) => entry.name.endsWith('.tmp'))))
    throw new UsageError(`--out ${out} must be a new, an empty or a run's folder, got other files in it`)
  if (!force && !resume)
    throw new UsageError(
      `--out ${out} holds a run already`,
      'choose another folder, add --resume to go on with it, or --force to replace it',
    )
  return found.map((entry) => entry.name).filter((entry) => force || entry.endsWith('.tmp'))
}

/** What a save that was killed left in the folders of a run: nobody else writes there, for the run's folder is locked. */
async function halfWritten(path: string): Promise<string[]> {
  const filesIn = async (name: string): Promise<string[]> => {
    const entries = await readdir(join(path, name), { withFileTypes: true })
    const found = entries.filter((entry) => entry.isFile() && /\.\d+\.tmp$/.test(entry.name))
    return found.map((entry) => join(name, entry.name))
  }
  return attempt(path, async () => {
    const all = await readdir(path, { withFileTypes: true })
    const own = all.filter((entry) => entry.isDirectory() && folderName.test(entry.name))
    return (await Promise.all(own.map(({ name }) => filesIn(name)))).flat()
  })
}

async function claimNumbered(path: string): Promise<string> {
  await attempt(path, () => mkdir(dirname(path), { recursive: true }))
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : join(dirname(path), `${basename(path)}-${number}`)
    try {
      // Not recursive: of two runs started at once only one gets the name.
      await mkdir(candidate)
      return candidate
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(candidate, error)
    }
  }
}

async function attempt<Value>(path: string, action: () => Promise<Value>): Promise<Value> {
  try {
    return await action()
  } catch (error) {
    throw writeError(path, error)
  }
}
