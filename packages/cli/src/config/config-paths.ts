import type { ConfigPath } from './config-document.js'
import type { Config } from './config-schema.js'
import { isModelFile, type ModelConfig } from './model-schema.js'

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
    student: inSection(['student'], inModel(['student'], student, change), change, ['weights']),
    teachers: config.teachers.map((teacher, index) => {
      const at = ['teachers', index]
      const labelNoise = inNoise(at, teacher, change)
      const { logits } = teacher
      const changed = {
        ...inModel(at, teacher, change),
        ...(labelNoise && { labelNoise }),
        ...(typeof logits === 'object' && { logits: inSection([...at, 'logits'], logits, change, splits) }),
      }
      return inSection(at, changed, change, ['run', 'weights', 'answers', 'onnx', 'logits'])
    }),
    ...(plugin === undefined ? {} : { plugin: change(plugin, ['plugin']) }),
  }
}

const splits = ['train', 'validation', 'test'] as const

function inModel<Section extends { readonly model?: ModelConfig | undefined }>(
  at: ConfigPath,
  section: Section,
  change: ChangePath,
): Section {
  if (!isModelFile(section.model)) return section
  return { ...section, model: inSection([...at, 'model'], section.model, change, ['file']) }
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
