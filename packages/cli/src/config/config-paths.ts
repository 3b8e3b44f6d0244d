import type { ConfigPath } from './config-document.js'
import type { Config } from './config-schema.js'

/** Gives another value for a path that stands somewhere in a config. */
export type ChangePath = (value: string, at: ConfigPath) => string

/**
 * Changes every path in a config, and nothing else: the one list of keys that hold paths.
 *
 * @param config - not changed
 * @param change - called for each path
 * @returns a new config
 */
export function mapConfigPaths(config: Config, change: ChangePath): Config {
  const { dataset, student, plugin } = config
  return {
    ...config,
    dataset: inSection(
      ['dataset'],
      { ...dataset, labelNoise: inNoise(['dataset'], dataset, change) },
      change,
      ['path', 'testPath'],
    ),
    student: inSection(['student'], student, change, ['weights']),
    teachers: config.teachers.map((teacher, index) => {
      const at = ['teachers', index]
      const labelNoise = inNoise(at, teacher, change)
      return inSection(at, { ...teacher, ...(labelNoise && { labelNoise }) }, change, [
        'run',
        'weights',
        'answers',
      ])
    }),
    ...(plugin === undefined ? {} : { plugin: change(plugin, ['plugin']) }),
  }
}

function inNoise<Noise extends object | undefined>(
  at: ConfigPath,
  { labelNoise }: { labelNoise?: Noise },
  change: ChangePath,
): Noise {
  if (labelNoise === undefined) return undefined as Noise
  return inSection([...at, 'labelNoise'], labelNoise, change, ['path'])
}

function inSection<Section extends object>(
  at: ConfigPath,
  section: Section,
  change: ChangePath,
  keys: readonly string[],
): Section {
  const changed = { ...section } as Record<string, unknown>
  for (const key of keys) {
    const value = changed[key]
    if (typeof value === 'string') changed[key] = change(value, [...at, key])
  }
  return changed as Section
}
