import { knownKeys } from '@kd/core'
import { basename, extname } from 'node:path'
import { configContent, type ConfigSource } from '../../config/config-content.js'
import type { ConfigPath } from '../../config/config-document.js'
import { ConfigError, type ConfigProblem } from '../../config/config-error.js'
import { explainIssue } from '../../config/explain-issue.js'
import { placesOfKey } from '../../config/misplaced-key.js'
import { applyOverrides } from '../../config/override.js'
import { resolveConfig, type ReadConfig } from '../../config/read-config.js'
import { hasTeacher } from '../../config/methods.js'
import { baselineLabels, comparisonAxes, type Axis, type AxisValue } from './comparison-axes.js'
import { comparisonContent, type ComparisonContent } from './comparison-content.js'
import { comparisonSchema, MAX_RUNS, type ComparisonInput } from './comparison-schema.js'

/** One run of a comparison, before anything of it was done. */
export interface ComparisonPoint {
  /** Its label on each axis. */
  readonly labels: Readonly<Record<string, string>>
  readonly seed: number
  readonly read: ReadConfig
}

/** A comparison that was checked. */
export interface ReadComparison {
  /** The name of its file, without folder and ending. */
  readonly name: string
  readonly axes: readonly Axis[]
  readonly seeds: readonly number[]
  readonly baseline?: Readonly<Record<string, string>>
  readonly points: readonly ComparisonPoint[]
}

/**
 * Reads a comparison and the config of each of its runs.
 *
 * @param source - path of a YAML or JSON file, or the content itself
 * @param overrides - `key=value` each, in place of values of the comparison
 * @returns every run with its config
 * @throws {@link ConfigError} listing everything that is wrong with the file or with any of the configs
 */
export async function readComparison(
  source: string | ComparisonInput,
  overrides: readonly string[],
): Promise<ReadComparison> {
  return resolveComparison(await comparisonContent(source, overrides))
}

/**
 * Checks the content of a comparison and the config of each of its runs.
 *
 * @param content - and where it came from
 * @param schema - of the content, for something that has keys beside those of a comparison
 * @returns every run with its config
 * @throws {@link ConfigError} as {@link readComparison}
 */
export async function resolveComparison(
  content: ComparisonContent,
  schema: typeof comparisonSchema = comparisonSchema,
): Promise<ReadComparison> {
  const parsed = schema.safeParse(content.value, { error: knownKeys, reportInput: true })
  if (!parsed.success) {
    if (isRun(content.value)) {
      const message =
        'is the config of one run, which a comparison names as its base; kd distill runs it alone'
      throw new ConfigError([{ where: content.name, message }])
    }
    throw new ConfigError(
      parsed.error.issues.flatMap((issue) => explainIssue(issue, [], placesInBase)).map(content.problem),
    )
  }
  // Keys that are missing are not there, not undefined.
  const input = parsed.data as ComparisonInput
  const axes = comparisonAxes(input, content)
  const seeds = seedsOf(input, content)
  const combinations = combined(axes)
  if (combinations.length * seeds.length > MAX_RUNS) {
    const found = `${combinations.length * seeds.length} (${combinations.length} settings, ${seeds.length} seeds)`
    throw new ConfigError([
      { where: content.name, message: `a comparison must have at most ${MAX_RUNS} runs, got ${found}` },
    ])
  }
  const base = await baseOf(input, content)
  const points = await readPoints(base, content, { axes, combinations, seeds })
  const baseline = baselineLabels(input)
  const name = basename(content.name, extname(content.name))
  return { name, axes, seeds, points, ...(baseline && { baseline }) }
}

function isRun(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'dataset' in value && !('base' in value)
}

/** `base.training.epochs` for `epochs`, `base.training` for `training`. */
function placesInBase(key: string): string[] {
  return placesOfKey(key).map((place) => `base.${place}`)
}

function seedsOf({ seeds = 5 }: ComparisonInput, content: ConfigSource): readonly number[] {
  if (typeof seeds === 'number') return Array.from({ length: seeds }, (_, seed) => seed)
  if (new Set(seeds).size === seeds.length) return seeds
  const message = `seeds must be different, got ${seeds.join(', ')}`
  throw new ConfigError([content.problem({ path: ['seeds'], aboutKey: false, message })])
}

/** What the runs have in common, as content whose places are those of its own file. */
async function baseOf({ base }: ComparisonInput, content: ComparisonContent): Promise<ConfigSource> {
  if (typeof base === 'string')
    return configContent(content.absolute(base, ['base']), { overrides: content.baseOverrides ?? [] })
  return {
    name: content.name,
    value: base,
    absolute: (path, at) => content.absolute(path, ['base', ...at]),
    problem: ({ path, ...rest }) => content.problem({ path: ['base', ...path], ...rest }),
  }
}

interface Grid {
  readonly axes: readonly Axis[]
  /** The value on each axis, for each setting. */
  readonly combinations: readonly (readonly AxisValue[])[]
  readonly seeds: readonly number[]
}

async function readPoints(
  base: ConfigSource,
  content: ConfigSource,
  { axes, combinations, seeds }: Grid,
): Promise<ComparisonPoint[]> {
  const points: ComparisonPoint[] = []
  // One mistake shows in many runs and is reported once.
  const problems = new Map<string, ConfigProblem>()
  for (const values of combinations) {
    const labels = Object.fromEntries(axes.map(({ name }, index) => [name, values[index]!.label]))
    try {
      const read = await resolveConfig(pointSource(base, content, axes, values), ['method', 'training'])
      for (const seed of seeds) points.push({ labels, seed, read: withSeed(read, seed) })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      for (const problem of error.problems) problems.set(JSON.stringify(problem), problem)
    }
  }
  if (problems.size > 0) throw new ConfigError([...problems.values()])
  return points
}

/** A setting's config: the base with a value put in for each axis, of which each knows its place in the file. */
function pointSource(
  base: ConfigSource,
  content: ConfigSource,
  axes: readonly Axis[],
  values: readonly AxisValue[],
): ConfigSource {
  const placed = axes.map((axis, index) => ({ ...values[index]!, path: axis.path, text: axis.name }))
  const whence = (path: ConfigPath): ConfigPath | undefined => {
    const found = placed.findLast((one) => one.path.every((key, index) => key === path[index]))
    return found && [...found.at, ...path.slice(found.path.length)]
  }
  return {
    name: base.name,
    value: applyOverrides(base.value, placed),
    absolute: (path, at) => {
      const own = whence(at)
      return own === undefined ? base.absolute(path, at) : content.absolute(path, own)
    },
    problem: (explanation) => {
      const own = whence(explanation.path)
      return own === undefined ? base.problem(explanation) : content.problem({ ...explanation, path: own })
    },
  }
}

function withSeed(read: ReadConfig, seed: number): ReadConfig {
  // Runs are held against each other: none of them has a baseline of its own.
  const { baseline: _, teachers, ...config } = read.config
  // A student that has no teacher waits for none: what kd train does.
  const waits = hasTeacher(read.catalogue.methods[config.method!.name]!)
  return { ...read, config: { ...config, seed, teachers: waits ? teachers : [] } }
}

function combined(axes: readonly Axis[]): AxisValue[][] {
  return axes.reduce<AxisValue[][]>(
    (found, { values }) =>
      found.length > MAX_RUNS ? found : found.flatMap((one) => values.map((value) => [...one, value])),
    [[]],
  )
}
