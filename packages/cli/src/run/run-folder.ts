import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { UsageError } from '../usage-error.js'
import { writeError, writeFileSafely } from './write-file-safely.js'

/** Everything that a run writes; what `--force` removes. */
const contents = ['config.yaml', 'environment.json', 'metrics.jsonl', 'mixing-weights.csv', 'student']

/** Where a run goes. */
export interface RunFolderOptions {
  /** The folder that the user asked for. */
  readonly out?: string | undefined
  /** Otherwise `runs/<name>`, or `runs/<name>-2` and so on where that exists. */
  readonly name: string
  /** Whether a run in `out` may be replaced. */
  readonly force?: boolean | undefined
}

/** The folder of one run. */
export class RunFolder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /**
   * Makes the folder. A folder that was asked for by name is never overwritten unasked; a default name gets a number.
   *
   * @param options - see {@link RunFolderOptions}
   * @returns an empty folder, this run's own
   * @throws {@link UsageError} when `out` is not empty
   */
  static async create({ out, name, force = false }: RunFolderOptions): Promise<RunFolder> {
    if (out === undefined) return new RunFolder(await claimNumbered(resolve('runs', name)))
    const path = resolve(out)
    await attempt(path, () => mkdir(path, { recursive: true }))
    const found = await attempt(path, () => readdir(path))
    if (found.length > 0) {
      const isRun = found.includes('config.yaml') && found.every((entry) => contents.includes(entry))
      if (!isRun)
        throw new UsageError(`--out ${out} must be a new, an empty or a run's folder, got other files in it`)
      if (!force)
        throw new UsageError(
          `--out ${out} holds a run already`,
          'choose another folder, or add --force to replace it',
        )
      await attempt(path, () =>
        Promise.all(contents.map((entry) => rm(join(path, entry), { recursive: true, force: true }))),
      )
    }
    return new RunFolder(path)
  }

  /** Writes a value as YAML. */
  async writeYaml(name: string, value: unknown): Promise<void> {
    await writeFileSafely(join(this.path, name), stringify(value, { aliasDuplicateObjects: false }))
  }

  /** Writes a value as JSON. */
  async writeJson(name: string, value: unknown): Promise<void> {
    await writeFileSafely(join(this.path, name), `${JSON.stringify(value, null, 2)}\n`)
  }

  /** Writes a text. */
  async writeText(name: string, text: string): Promise<void> {
    await writeFileSafely(join(this.path, name), text)
  }

  /** Appends one line to metrics.jsonl and waits until it is on the disk. */
  async appendMetrics(line: object): Promise<void> {
    const path = join(this.path, 'metrics.jsonl')
    await attempt(path, async () => {
      const file = await open(path, 'a')
      try {
        await file.appendFile(`${JSON.stringify(line)}\n`)
        await file.datasync()
      } finally {
        await file.close()
      }
    })
  }

  /** Makes a folder inside. */
  async makeFolder(name: string): Promise<string> {
    const path = join(this.path, name)
    await attempt(path, () => mkdir(path, { recursive: true }))
    return path
  }
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
