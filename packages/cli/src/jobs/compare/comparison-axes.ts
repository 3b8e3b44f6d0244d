import type { ConfigPath } from '../../config/config-document.js'
import { ConfigError, type ConfigProblem } from '../../config/config-error.js'
import type { ConfigSource } from '../../config/config-content.js'
import type { Explanation } from '../../config/explain-issue.js'
import { suggestion } from '../../config/suggestion.js'
import type { AxisInput, ComparisonInput } from './comparison-schema.js'

/** Something that runs differ in, with its values. */
export interface Axis {
  /** This is what the table calls it. */
  readonly name: string
  /** The path of the key in a config. */
  readonly path: ConfigPath
  readonly values: readonly AxisValue[]
}

/** One value of an axis. */
export interface AxisValue {
  readonly label: string
  readonly value: unknown
  /** Where it stands in the comparison's file. */
  readonly at: ConfigPath
}

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])
/** Characters of a name made from a value. */
const LABEL_LENGTH = 60

/**
 * Names the axes of a comparison and their values.
 *
 * @param input - checked by its schema
 * @param source - for the places of problems
 * @returns the axes in the order of a table's columns, at least one
 * @throws {@link ConfigError} for two values of one name, a key that is set twice, or a baseline that is no value
 */
export function comparisonAxes(input: ComparisonInput, source: ConfigSource): Axis[] {
  const problems: ConfigProblem[] = []
  const complain = (at: ConfigPath, message: string, aboutKey = false): void => {
    problems.push(source.problem({ path: at, aboutKey, message } satisfies Explanation))
  }
  const axes = [
    ...(input.methods === undefined ? [] : [axis('method', ['method'], input.methods, ['methods'])]),
    ...(input.datasets === undefined ? [] : [axis('dataset', ['dataset'], input.datasets, ['datasets'])]),
    ...Object.entries(input.axes ?? {}).map(([name, values]) =>
      axis(name, name.split('.').map(keyOf), values, ['axes', name]),
    ),
  ]
  if (axes.length === 0) complain([], 'a comparison must have methods, datasets or axes, got none')
  for (const [index, { name, path, values }] of axes.entries()) {
    const at = values[0]?.at.slice(0, -1) ?? []
    if (
      path.some((key) => key === '' || forbidden.has(String(key))) ||
      ['seed', 'engine', 'plugin'].includes(name)
    ) {
      complain(at, `axes must be keys of a config that runs can differ in, got ${name}`, true)
    }
    if (values.length === 0) complain(at, `${at.join('.')} must have at least one value, got none`)
    const twice = values.find(
      (value, position) => values.findIndex(({ label }) => label === value.label) < position,
    )
    if (twice)
      complain(
        twice.at,
        `${twice.at.join('.')} must have a name of its own, got ${twice.label} twice; name them in a map`,
      )
    if (axes.slice(0, index).some((other) => name === other.name))
      complain(at, `${name} must be an axis once, got it twice`, true)
  }
  checkBaseline(input, axes, complain)
  if (problems.length > 0) throw new ConfigError(problems)
  return axes
}

/** The baseline as a map, whichever way it was written. */
export function baselineLabels({ baseline }: ComparisonInput): Readonly<Record<string, string>> | undefined {
  return typeof baseline === 'string' ? { method: baseline } : baseline
}

function checkBaseline(
  input: ComparisonInput,
  axes: readonly Axis[],
  complain: (at: ConfigPath, message: string) => void,
): void {
  for (const [name, label] of Object.entries(baselineLabels(input) ?? {})) {
    const at = typeof input.baseline === 'string' ? ['baseline'] : ['baseline', name]
    const found = axes.find((one) => one.name === name)
    const labels = found?.values.map((value) => value.label) ?? []
    if (found === undefined) {
      complain(at, `baseline must name an axis (${axes.map((one) => one.name).join(', ')}), got ${name}`)
    } else if (!labels.includes(label)) {
      complain(at, `baseline must be one of ${labels.join(', ')}, got ${label}${suggestion(label, labels)}`)
    }
  }
}

function axis(name: string, path: ConfigPath, input: AxisInput, at: ConfigPath): Axis {
  const values = Array.isArray(input)
    ? (input as unknown[]).map((value, index) => ({ label: labelOf(value), value, at: [...at, index] }))
    : Object.entries(input).map(([label, value]) => ({ label, value, at: [...at, label] }))
  return { name, path, values }
}

function keyOf(key: string): string | number {
  return /^\d+$/.test(key) ? Number(key) : key
}

/** A map with a name goes by it; anything else by what it is. */
function labelOf(value: unknown): string {
  if (typeof value === 'string') return value
  const { name } = (value ?? {}) as { name?: unknown }
  const text = typeof name === 'string' ? name : (JSON.stringify(value) ?? 'nothing')
  return text.length > LABEL_LENGTH ? `${text.slice(0, LABEL_LENGTH - 3)}...` : text
}
