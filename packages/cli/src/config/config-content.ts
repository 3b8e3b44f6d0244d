import { dirname, resolve } from 'node:path'
import { ConfigDocument, type ConfigPath } from './config-document.js'
import { ConfigError, type ConfigProblem } from './config-error.js'
import type { Explanation } from './explain-issue.js'
import { applyOverrides, type Override } from './override.js'
import { readRegularText } from './regular-file.js'

/** Plain values that remember where they came from. */
export interface ConfigSource {
  /** What messages call it: the path of the file, or `config`. */
  readonly name: string
  readonly value: unknown
  /** Makes a path absolute that stands at a place of the value. */
  readonly absolute: (path: string, at: ConfigPath) => string
  /** Says where the value is that something is wrong with. */
  readonly problem: (explanation: Explanation) => ConfigProblem
}

/** Larger than any config; a data file given by mistake is not parsed. */
const MAX_BYTES = 1_000_000

/** How {@link configContent} reads. */
export interface ConfigContentOptions {
  /** The later ones win. */
  readonly overrides: readonly Override[]
  /** Where relative paths start. @defaultValue the folder of the file; the working directory for content */
  readonly folder?: string | undefined
}

/**
 * Reads a file, or takes content as it is, and puts overrides in. Of a file the keys `x` and `x-…` at the top are left out.
 *
 * @param source - path of a YAML or JSON file, or the content itself
 * @param options - see {@link ConfigContentOptions}
 * @returns values, not checked yet
 * @throws {@link ConfigError} when there is no such file or it is not YAML
 */
export async function configContent(
  source: string | object,
  { overrides, folder }: ConfigContentOptions,
): Promise<ConfigSource> {
  const isFile = typeof source === 'string'
  const name = isFile ? source : 'config'
  const document = isFile ? new ConfigDocument(await readText(source), source) : undefined
  const start = folder ?? (isFile ? dirname(resolve(source)) : process.cwd())
  const places = new ConfigPlaces(name, document, overrides)
  return {
    name,
    value: applyOverrides(document === undefined ? source : withoutAnchors(document.value()), overrides),
    absolute: (path, at) =>
      // What was typed on the command line starts where it was typed.
      resolve(overrideOf(at, overrides) === undefined ? start : process.cwd(), path),
    problem: (explanation) => places.problem(explanation),
  }
}

/** Keys at the top of a file that are its author's own: a place for what anchors (`&name`) stand for elsewhere. */
export const anchorKeys = /^x(-.*)?$/

function withoutAnchors(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => !anchorKeys.test(key)))
}

async function readText(path: string): Promise<string> {
  const fail = (message: string): never => {
    throw new ConfigError([{ where: path, message }])
  }
  try {
    return await readRegularText(path, MAX_BYTES)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return fail('no such config file; kd init writes one')
    return fail(`config file cannot be read (${code ?? String(error)})`)
  }
}

/** Says where a problem lies: in an override, if one set the value, otherwise in the file. */
class ConfigPlaces {
  readonly #name: string
  readonly #document: ConfigDocument | undefined
  readonly #overrides: readonly Override[]

  constructor(name: string, document: ConfigDocument | undefined, overrides: readonly Override[]) {
    this.#name = name
    this.#document = document
    this.#overrides = overrides
  }

  problem({ path, aboutKey, message }: Explanation): ConfigProblem {
    const override = overrideOf(path, this.#overrides) ?? this.#overrideThatMade(path)
    if (override !== undefined) return { where: `override ${override.text}`, message }
    const renamed = aboutKey ? this.#overrideOfName(path) : undefined
    if (renamed !== undefined) {
      const owner = path.slice(0, -1).join('.')
      const hint = `${owner}='{ name: ${String(renamed.value)} }' replaces all of the file's ${owner}`
      return { where: `override ${renamed.text}`, message: `${message}; ${hint}` }
    }
    const where = aboutKey ? this.#document?.placeOfKey(path) : this.#document?.placeOf(path)
    return { where: where ?? this.#name, message }
  }

  /** Another name leaves the options of the file's name behind. */
  #overrideOfName(path: ConfigPath): Override | undefined {
    if (path.length < 2) return undefined
    const name = [...path.slice(0, -1), 'name']
    return this.#overrides.findLast(
      (override) => override.path.length === name.length && startsWith(override.path, name),
    )
  }

  /** A map that an override put something into, and that the file does not have. */
  #overrideThatMade(path: ConfigPath): Override | undefined {
    if (path.length === 0 || this.#document?.has(path) === true) return undefined
    return this.#overrides.findLast((override) => startsWith(override.path, path))
  }
}

function overrideOf(path: ConfigPath, overrides: readonly Override[]): Override | undefined {
  return overrides.findLast((override) => startsWith(path, override.path))
}

function startsWith(path: ConfigPath, start: ConfigPath): boolean {
  return start.every((key, index) => String(key) === String(path[index]))
}
