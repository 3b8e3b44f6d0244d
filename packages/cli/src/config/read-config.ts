import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import * as z from 'zod'
import { methods, methodSchema, type MethodFactory } from '../methods.js'
import { namedSchema } from './named-options.js'
import { ConfigDocument, type ConfigPath } from './config-document.js'
import { mapConfigPaths } from './config-paths.js'
import { ConfigError, type ConfigProblem } from './config-error.js'
import { configSchema, type Config, type ConfigInput } from './config-schema.js'
import { explainIssue, knownKeys, type Explanation } from './explain-issue.js'
import { applyOverrides, parseOverride, type Override } from './override.js'
import { loadPlugin } from './plugin.js'

/** A config ready to run. */
export interface ReadConfig {
  readonly config: Config
  /** What messages call it: the path of the file, or `config`. */
  readonly name: string
  /** Methods of its plugin. */
  readonly pluginMethods: Readonly<Record<string, MethodFactory>>
}

/** What a command cannot do without. */
export type RequiredSection = 'method' | 'training'

/** How a config is read. */
export interface ReadConfigOptions {
  /** `key=value` each, in place of the config's own values; relative paths in them start at the working directory. */
  readonly overrides?: readonly string[]
  /** Sections that must be there. */
  readonly required?: readonly RequiredSection[]
  /** Where relative paths start. @defaultValue the folder of the file; the working directory for content */
  readonly folder?: string
}

/** Larger than any config; a data file given by mistake is not parsed. */
const MAX_BYTES = 1_000_000

/**
 * Reads a config from a file or an object, puts overrides in, fills defaults in and makes its paths absolute.
 *
 * @param source - path of a YAML or JSON file, or the content itself
 * @param options - see {@link ReadConfigOptions}
 * @returns the config and its plugin's methods
 * @throws {@link ConfigError} listing everything that is wrong, each with its place
 */
export async function readConfig(
  source: string | ConfigInput,
  { overrides = [], required = [], folder }: ReadConfigOptions = {},
): Promise<ReadConfig> {
  const isFile = typeof source === 'string'
  const name = isFile ? source : 'config'
  const document = isFile ? new ConfigDocument(await readText(source), source) : undefined
  const parsed = overrides.map(parseOverride)
  const value = applyOverrides(document === undefined ? source : document.value(), parsed)
  const start = folder ?? (isFile ? dirname(resolve(source)) : process.cwd())
  const absolute = (path: string, at: ConfigPath): string =>
    // What was typed on the command line starts where it was typed.
    resolve(overrideOf(at, parsed) === undefined ? start : process.cwd(), path)
  const places = new ConfigPlaces(name, document, parsed)

  const pluginPath = (value as { plugin?: unknown } | null)?.plugin
  const pluginMethods =
    typeof pluginPath === 'string' ? await loadPlugin(absolute(pluginPath, ['plugin'])) : {}
  const schema = configSchema(methodSchemaWith(pluginMethods))
  const result = schema.safeParse(value, { error: knownKeys, reportInput: true })
  const explanations = result.success
    ? required
        .filter((section) => result.data[section] === undefined)
        .map((section) => missing(section, pluginMethods))
    : result.error.issues.flatMap((issue) => explainIssue(issue))
  if (!result.success || explanations.length > 0)
    throw new ConfigError(explanations.map((one) => places.problem(one)))
  return { config: mapConfigPaths(result.data as Config, absolute), name, pluginMethods }
}

async function readText(path: string): Promise<string> {
  const fail = (message: string): never => {
    throw new ConfigError([{ where: path, message }])
  }
  try {
    const { size } = await stat(path)
    if (size > MAX_BYTES) fail(`a config must have at most ${MAX_BYTES} bytes, got ${size}`)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return fail('no such config file; kd init writes one')
    return fail(`config file cannot be read (${code ?? String(error)})`)
  }
}

function methodSchemaWith(pluginMethods: Readonly<Record<string, MethodFactory>>): z.ZodType {
  const names = Object.keys(pluginMethods).filter((name) => !Object.hasOwn(methods, name))
  if (names.length === 0) return methodSchema
  return namedSchema(
    methods,
    names.map((name) => z.looseObject({ name: z.literal(name) })),
  )
}

function missing(
  section: RequiredSection,
  pluginMethods: Readonly<Record<string, MethodFactory>>,
): Explanation {
  const names = [...Object.keys(methods), ...Object.keys(pluginMethods)].join(', ')
  const rule = section === 'method' ? `a map with name, one of ${names}` : 'a map with at least epochs'
  return { path: [section], aboutKey: false, message: `${section} is missing: ${rule}` }
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
    const override = overrideOf(path, this.#overrides)
    if (override !== undefined) return { where: `override ${override.text}`, message }
    const where = aboutKey ? this.#document?.placeOfKey(path) : this.#document?.placeOf(path)
    return { where: where ?? this.#name, message }
  }
}

function overrideOf(path: ConfigPath, overrides: readonly Override[]): Override | undefined {
  return overrides.findLast((override) =>
    override.path.every((key, index) => String(key) === String(path[index])),
  )
}
