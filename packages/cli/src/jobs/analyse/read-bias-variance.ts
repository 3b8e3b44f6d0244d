import type { Axis } from '../compare/comparison-axes.js'
import { comparisonContent, type ComparisonContent } from '../compare/comparison-content.js'
import { resolveComparison, type ComparisonPoint } from '../compare/read-comparison.js'
import type { ConfigSource } from '../../config/config-content.js'
import { ConfigError } from '../../config/config-error.js'
import type { ConfigInput } from '../../config/config-schema.js'
import type { ReadConfig } from '../../config/read-config.js'
import { biasVarianceSchema, type BiasVarianceInput } from './bias-variance-schema.js'

/** Students of one setting and seed. */
export interface PlannedRepeat {
  readonly labels: Readonly<Record<string, string>>
  readonly seed: number
  /** One per part, in their order. */
  readonly students: readonly ComparisonPoint[]
}

/** An analysis that was checked. */
export interface ReadBiasVariance {
  /** The name of its file, without folder and ending. */
  readonly name: string
  readonly axes: readonly Axis[]
  readonly splits: number
  readonly seeds: readonly number[]
  readonly baseline?: Readonly<Record<string, string>>
  readonly repeats: readonly PlannedRepeat[]
}

/** What the command line says in place of the file. */
export interface ReadBiasVarianceOptions {
  readonly overrides: readonly string[]
  readonly splits?: number | undefined
  readonly seeds?: number | undefined
}

/**
 * Reads what to analyse, and makes the config of every student.
 *
 * @param source - path of a comparison with `splits`, or of the config of one run; or the content itself
 * @param options - see {@link ReadBiasVarianceOptions}
 * @returns every student with its config
 * @throws {@link ConfigError} listing everything that is wrong
 */
export async function readBiasVariance(
  source: string | BiasVarianceInput | ConfigInput,
  { overrides, splits, seeds }: ReadBiasVarianceOptions,
): Promise<ReadBiasVariance> {
  const found = asComparison(await comparisonContent(source, overrides))
  const given = { ...(splits !== undefined && { splits }), ...(seeds !== undefined && { seeds }) }
  const content = isMap(found.value) ? { ...found, value: { ...found.value, ...given } } : found
  const comparison = await resolveComparison(content, biasVarianceSchema)
  const parts = biasVarianceSchema.parse(content.value).splits
  assertOwnParts(comparison.points, content)
  return {
    ...comparison,
    splits: parts,
    repeats: comparison.points.map((point) => repeatOf(point, parts)),
  }
}

/** One run is a comparison of its method with nothing. */
function asComparison(content: ComparisonContent): ComparisonContent {
  const { value } = content
  if (!isMap(value) || 'base' in value || !('dataset' in value || 'student' in value)) return content
  const back = (path: readonly (string | number)[]): readonly (string | number)[] =>
    path[0] === 'base' ? path.slice(1) : path[0] === 'methods' ? ['method', ...path.slice(2)] : path
  return {
    name: content.name,
    value: { base: value, methods: [value['method']] },
    absolute: (path, at) => content.absolute(path, back(at)),
    problem: (explanation) => content.problem({ ...explanation, path: back(explanation.path) }),
  }
}

/** The parts are what this gives to the students. */
function assertOwnParts(points: readonly ComparisonPoint[], { name }: ConfigSource): void {
  if (points.every(({ read }) => read.config.student.part === undefined)) return
  const message = 'student.part must not be set: the analysis gives each student its own; say splits'
  throw new ConfigError([{ where: name, message }])
}

function repeatOf({ labels, seed, read }: ComparisonPoint, splits: number): PlannedRepeat {
  const students = Array.from({ length: splits }, (_, index) => ({
    labels: { ...labels, part: `part ${index + 1} of ${splits}` },
    seed,
    read: studentOf(read, { seed, splits, index }),
  }))
  return { labels, seed, students }
}

/** Students differ in their part and in their initial weights and order, and have the same teachers. */
function studentOf(
  read: ReadConfig,
  { seed, splits, index }: { readonly seed: number; readonly splits: number; readonly index: number },
): ReadConfig {
  const { student, teachers } = read.config
  const config = {
    ...read.config,
    student: { ...student, part: { number: index + 1, of: splits, permutation: seed } },
    teachers: teachers.map((teacher) =>
      teacher.training === undefined ? teacher : { ...teacher, seed: teacher.seed ?? seed },
    ),
    seed: seed * splits + index,
  }
  return { ...read, config }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
