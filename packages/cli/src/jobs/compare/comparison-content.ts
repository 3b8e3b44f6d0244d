import { configContent, type ConfigSource } from '../../config/config-content.js'
import { parseOverride, type Override } from '../../config/override.js'

/** A comparison's content, not checked yet. */
export interface ComparisonContent extends ConfigSource {
  /** Overrides of single values of a base that is a file of its own: `training.epochs` of `base.training.epochs`. */
  readonly baseOverrides?: readonly Override[]
}

/**
 * Reads a comparison and puts overrides in. Where `base` is the path of a config, `base.training.epochs=5` is kept for when that
 * is read.
 *
 * @param source - path of a YAML or JSON file, or the content itself
 * @param overrides - `key=value` each
 * @returns values, not checked yet
 * @throws {@link ConfigError} when there is no such file, it is not YAML, or an override does not fit
 */
export async function comparisonContent(
  source: string | object,
  overrides: readonly string[],
): Promise<ComparisonContent> {
  const parsed = overrides.map(parseOverride)
  const ofBase = parsed.filter(({ path }) => path[0] === 'base' && path.length > 1)
  const others = parsed.filter((override) => !ofBase.includes(override))
  const content = await configContent(source, { overrides: others })
  if (ofBase.length === 0) return content
  if (typeof (content.value as { base?: unknown } | null)?.base !== 'string')
    return configContent(source, { overrides: parsed })
  return { ...content, baseOverrides: ofBase.map(({ path, ...rest }) => ({ ...rest, path: path.slice(1) })) }
}
