import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../../config/usage-error.js'
import { commandName } from '../terminal/terminal.js'

// What a command takes that was typed without a config or a folder.

/** What `kd init` writes. */
type StandardConfig = 'kd.yaml' | 'compare.yaml'

/**
 * Tells the config of a command from the overrides behind it. Without one it is that of the working folder.
 *
 * @param words - as typed, without flags: a config and overrides, or overrides alone
 * @param standard - the file that is taken where none is named
 * @returns the config's path, and `key=value` each
 * @throws {@link UsageError} saying how to get a config, where none is named and none is there
 */
export function configAndOverrides(
  words: readonly string[],
  standard: StandardConfig,
): { readonly config: string; readonly overrides: readonly string[] } {
  const { named, overrides } = namedAndOverrides(words)
  if (named !== undefined) return { config: named, overrides }
  if (existsSync(standard)) return { config: standard, overrides }
  const kd = commandName(process.env)
  throw new UsageError(
    `a config must be named where the folder has no ${standard}, got none`,
    `${kd} init writes ${standard} into this folder; or name a file behind the command`,
  )
}

/**
 * Tells what `kd evaluate` measures from the overrides behind it. Without a run or a config it is the newest run.
 *
 * @param words - as typed, without flags
 * @returns the folder of a run or the path of a config, and `key=value` each
 * @throws {@link UsageError} where none is named and there is no run
 */
export async function runAndOverrides(
  words: readonly string[],
): Promise<{ readonly source: string; readonly overrides: readonly string[] }> {
  const { named, overrides } = namedAndOverrides(words)
  return { source: named ?? (await newestFolder(['config.yaml'])), overrides }
}

/** A file whose name has an = in it is no override. */
function namedAndOverrides(words: readonly string[]): {
  readonly named: string | undefined
  readonly overrides: readonly string[]
} {
  const [first, ...others] = words
  const isOverride = first === undefined || (/^[\w.-]+=/.test(first) && !existsSync(first))
  return isOverride ? { named: undefined, overrides: words } : { named: first, overrides: others }
}

/**
 * Finds the folder that was written last under `runs/`.
 *
 * @param marks - files of which a folder must have one, such as the config of a run
 * @returns its path
 * @throws {@link UsageError} where there is none
 */
export async function newestFolder(marks: readonly string[]): Promise<string> {
  const names = await readdir('runs').catch((): string[] => [])
  const found: { path: string; at: number }[] = []
  for (const name of names) {
    for (const mark of marks) {
      const path = join('runs', name)
      const mtime = await stat(join(path, mark)).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      )
      if (mtime !== undefined) found.push({ path, at: mtime })
    }
  }
  const newest = found.sort((one, other) => other.at - one.at)[0]
  if (newest !== undefined) return newest.path
  throw new UsageError(
    'a folder must be named where runs/ has none that fits, got none',
    `${commandName(process.env)} distill makes one`,
  )
}
