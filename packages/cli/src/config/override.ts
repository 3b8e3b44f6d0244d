import { ConfigDocument, type ConfigPath } from './config-document.js'
import { ConfigError } from './config-error.js'

/** A value given on the command line in place of the file's. */
export interface Override {
  /** The text as it was typed: `training.epochs=5`. */
  readonly text: string
  readonly path: ConfigPath
  readonly value: unknown
}

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads `key=value`: the key is dotted, a whole number in it counts from 0 in a list, the value is YAML.
 *
 * @param text - as typed
 * @returns the override
 * @throws {@link ConfigError} when there is no `=`, the key is empty or the value is not YAML
 */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=')
  const path = text.slice(0, Math.max(0, equals)).split('.')
  if (equals < 1 || path.some((key) => key === '' || forbidden.has(key))) {
    throw new ConfigError([
      { where: `override ${text}`, message: 'must be key=value, such as training.epochs=5' },
    ])
  }
  return {
    text,
    path: path.map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
    value: new ConfigDocument(text.slice(equals + 1), `override ${text}`).value() ?? null,
  }
}

/**
 * Puts overrides into a config, the later ones winning.
 *
 * @param config - plain values; not changed
 * @param overrides - see {@link parseOverride}
 * @returns a new config
 * @throws {@link ConfigError} when a key leads through something that is neither a map nor a list
 */
export function applyOverrides(config: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((value, override) => replaced(value, override, 0), config)
}

function replaced(current: unknown, override: Override, depth: number): unknown {
  if (depth === override.path.length) return override.value
  const key = override.path[depth]!
  if (Array.isArray(current) && typeof key === 'number' && key <= current.length) {
    const items = [...(current as unknown[])]
    items[key] = replaced(items[key], override, depth + 1)
    return items
  }
  if (current === undefined || current === null || (typeof current === 'object' && !Array.isArray(current))) {
    const map = (current ?? {}) as Record<string, unknown>
    return { ...map, [key]: replaced(map[key], override, depth + 1) }
  }
  const owner = override.path.slice(0, depth).join('.') || 'the config'
  const found = Array.isArray(current) ? `a list of ${current.length}` : JSON.stringify(current)
  throw new ConfigError([
    { where: `override ${override.text}`, message: `${owner} must have ${key}, got ${found}` },
  ])
}
