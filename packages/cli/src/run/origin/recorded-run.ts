import { join } from 'node:path'
import { parse } from 'yaml'
import { UsageError } from '../../config/usage-error.js'
import type { Config } from '../../config/config-schema.js'
import { differingKeys } from './differing-keys.js'
import { lastLine } from '../log/log-reader.js'
import { resultIn } from '../log/run-log.js'
import type { RunResult } from '../log/run-result.js'
import { readRegularText } from '../../config/regular-file.js'

/** The beginning of a run that is in a folder already. */
export interface RecordedRun {
  readonly config: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, unknown>>
  /** The result of a run that came to its end. */
  readonly result?: Omit<RunResult, 'folder'>
}

/**
 * Reads what a run wrote about itself before its first training.
 *
 * @param folder - of the run
 * @returns undefined where there is none, or one that was killed before it had written that
 * @throws {@link UsageError} when the files are there but hold something else
 */
export async function recordedRun(folder: string): Promise<RecordedRun | undefined> {
  const config = await parsed(join(folder, 'config.yaml'), parse)
  const environment = await parsed(join(folder, 'environment.json'), JSON.parse)
  if (config === undefined || environment === undefined) return undefined
  const path = join(folder, 'metrics.jsonl')
  const last = await lastLine(path).catch((error: unknown) => {
    throw notOfRun(path, error)
  })
  const result = resultIn(last ?? '', path)
  return { config, environment, ...(result && { result }) }
}

/**
 * Checks that a run goes on with what it was started with.
 *
 * @param recorded - from its folder
 * @param config - resolved, of now
 * @param now - hashes of the data and of the files that the config names
 * @throws {@link UsageError} naming every key of the config that differs, or both hashes
 */
export function assertSameRun(
  recorded: RecordedRun,
  config: Config,
  { data, files = {} }: { readonly data: string; readonly files?: Readonly<Record<string, string>> },
): void {
  const differing = differingKeys(recorded.config, JSON.parse(JSON.stringify(config)))
  const { sha256: before } = (recorded.environment['data'] ?? {}) as { sha256?: unknown }
  // Runs of versions before 0.2 did not record their files.
  const filesBefore = (recorded.environment['files'] ?? {}) as Readonly<Record<string, unknown>>
  const changed = Object.entries(filesBefore).filter(([key, hash]) => files[key] !== hash)
  const changes = [
    ...differing.map(({ key, one, other }) => `${key} is ${other} and was ${one}`),
    ...changed.map(
      ([key, hash]) => `the file of ${key} has the SHA-256 ${files[key] ?? 'none'} and had ${String(hash)}`,
    ),
    ...(before === data ? [] : [`the data's SHA-256 is ${data} and was ${String(before)}`]),
  ]
  if (changes.length === 0) return
  throw new UsageError(
    `--resume must get the config and the data that the run was started with, but ${changes.join('; ')}`,
    'the config is config.yaml in the run folder; a run with another one needs a folder of its own',
  )
}

async function parsed(
  path: string,
  parseText: (text: string) => unknown,
): Promise<Record<string, unknown> | undefined> {
  const found = await text(path)
  if (found === undefined) return undefined
  let value: unknown
  try {
    value = parseText(found)
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new UsageError(
    `${path} must be what a run wrote, got something else`,
    'choose another folder with --out',
  )
}

async function text(path: string): Promise<string | undefined> {
  try {
    return await readRegularText(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw notOfRun(path, error)
  }
}

function notOfRun(path: string, error: unknown): UsageError {
  if (error instanceof UsageError) return error
  const { code = String(error) } = error as NodeJS.ErrnoException
  return new UsageError(`${path} must be what a run wrote, got ${code}`)
}
