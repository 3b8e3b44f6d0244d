import { knownKeys } from '@kd/core'
import { answerProblems } from './answer-rules.js'
import { builtIn, withPlugin, type Catalogue } from './catalogue.js'
import { configContent, type ConfigSource } from './config-content.js'
import { mapConfigPaths } from './config-paths.js'
import { ConfigError } from './config-error.js'
import { configSchema, type Config, type ConfigInput } from './config-schema.js'
import { explainIssue, type Explanation } from './explain-issue.js'
import { renameOldKeys } from './old-keys.js'
import { parseOverride } from './override.js'
import { placesOfKey } from './misplaced-key.js'
import { loadPlugin } from './plugin.js'
import { UsageError } from './usage-error.js'

/** A config ready to run. */
export interface ReadConfig {
  readonly config: Config
  /** What messages call it: the path of the file, or `config`. */
  readonly name: string
  /** Everything that it can name: what is built in, and what its plugin brings. */
  readonly catalogue: Catalogue
  /** What to tell whoever wrote it. */
  readonly warnings: readonly string[]
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
  /**
   * Whether the source is the config that a run wrote into its folder, which may be a stranger's: then its plugin is code that nobody
   * here asked for, and only one that an override names is run. @defaultValue false
   */
  readonly ofRun?: boolean
}

/**
 * Reads a config from a file or an object, puts overrides in, fills defaults in and makes its paths absolute.
 *
 * @param source - path of a YAML or JSON file, or the content itself
 * @param options - see {@link ReadConfigOptions}
 * @returns the config, and what it can name
 * @throws {@link ConfigError} listing everything that is wrong, each with its place; {@link UsageError} for a run's plugin
 */
export async function readConfig(
  source: string | ConfigInput,
  { overrides = [], required = [], folder, ofRun = false }: ReadConfigOptions = {},
): Promise<ReadConfig> {
  const parsed = overrides.map(parseOverride)
  const content = await configContent(source, { overrides: parsed, folder })
  const plugin = pluginOf(content.value)
  if (ofRun && plugin !== undefined && !parsed.some(({ path }) => path[0] === 'plugin')) {
    throw new UsageError(
      `${content.name} must name no plugin, which is code of whoever made the run, got ${plugin}`,
      `if you trust that file, say so on the command line: plugin=${plugin}`,
    )
  }
  return resolveConfig(content, required)
}

function pluginOf(value: unknown): string | undefined {
  const plugin = (value as { plugin?: unknown } | null)?.plugin
  return typeof plugin === 'string' ? plugin : undefined
}

/**
 * Checks the content of a config, fills defaults in and makes its paths absolute.
 *
 * @param source - content and where it came from
 * @param required - sections that must be there
 * @returns the config, and what it can name
 * @throws {@link ConfigError} listing everything that is wrong, each with its place
 */
export async function resolveConfig(
  { name, value: written, absolute, problem }: ConfigSource,
  required: readonly RequiredSection[],
): Promise<ReadConfig> {
  if (isComparison(written)) {
    const message = 'is a comparison, got where the config of one run belongs; kd compare runs it'
    throw new ConfigError([{ where: name, message }])
  }
  const { value, warnings } = renameOldKeys(written)
  const plugin = pluginOf(value)
  const catalogue =
    plugin === undefined ? builtIn : withPlugin(await loadPlugin(absolute(plugin, ['plugin'])))
  const result = configSchema(catalogue).safeParse(value, { error: knownKeys, reportInput: true })
  const explanations = result.success
    ? required
        .filter((section) => result.data[section] === undefined)
        .map((section) => missing(section, catalogue))
    : result.error.issues.flatMap((issue) => explainIssue(issue, [], placesOfKey))
  if (!result.success || explanations.length > 0) throw new ConfigError(explanations.map(problem))
  const config = mapConfigPaths(result.data, absolute)
  const problems = answerProblems(config)
  if (problems.length > 0) throw new ConfigError(problems.map(problem))
  return { config, name, catalogue, warnings }
}

function isComparison(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'base' in value && !('dataset' in value)
}

function missing(section: RequiredSection, { methods }: Catalogue): Explanation {
  const rule =
    section === 'method'
      ? `a map with name, one of ${Object.keys(methods).join(', ')}`
      : 'a map with at least epochs'
  return { path: [section], aboutKey: false, message: `${section} is missing: ${rule}` }
}
