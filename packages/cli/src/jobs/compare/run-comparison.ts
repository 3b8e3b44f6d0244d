import type { EngineName } from '@kd/core'
import type { Comparison } from '@kd/report'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { recordedRun } from '../../run/origin/recorded-run.js'
import { assertCarriable } from '../runner/assert-carriable.js'
import type { Job, JobEvent, JobOutcome } from '../job/job.js'
import { localRunner } from '../runner/local-runner.js'
import type { Runner } from '../runner/runner.js'
import { UsageError } from '../../config/usage-error.js'
import { tellOfFasterEngine } from '../../run/tell-of-faster-engine.js'
import { comparedRun } from './compared-run.js'
import { ComparisonFolder } from './comparison-folder.js'
import type { ComparisonInput } from './comparison-schema.js'
import { estimateBudget, type Budget } from './estimate-budget.js'
import { jobsOf, planComparison, type ComparisonPlan, type PlannedRun } from './plan-comparison.js'
import { readComparison, type ReadComparison } from './read-comparison.js'

/** How a comparison is run. */
export interface ComparisonOptions {
  /** `key=value` each, in place of the comparison's own values, such as `seeds=3` or `base.training.epochs=1`. */
  readonly overrides?: readonly string[]
  /** The engine that takes the place of the one in the base config. */
  readonly engine?: EngineName
  /** Folder of the comparison: what is done in it is not done again. @defaultValue `runs/<config>` */
  readonly out?: string
  /** How many runs at a time, a process each. @defaultValue 1 */
  readonly jobs?: number
  /** The threads of each run, for an engine that uses more than one. @defaultValue the machine's, divided by `jobs` */
  readonly threads?: number
  /** Where runs are done. @defaultValue the local runner, in `jobs` processes */
  readonly runner?: Runner
  /** Folder that a runner's machines share; `out` lies in it. @defaultValue `out` */
  readonly workspace?: string
  /** Whether to estimate time and disk before starting. @defaultValue false */
  readonly budget?: boolean
  /** This is called with what goes on. */
  readonly onProgress?: (progress: ComparisonProgress) => void
  /** Ends the comparison after the current steps; run again, it goes on. */
  readonly signal?: AbortSignal
}

/** What a comparison tells while it goes on. */
export type ComparisonProgress =
  /** What there is to do, before anything starts. */
  | { readonly kind: 'planned'; readonly runs: number; readonly jobs: number; readonly done: number }
  | { readonly kind: 'budget'; readonly budget: Budget }
  | JobEvent

/** What a comparison found, and where. */
export interface ComparisonResult {
  /** Absolute. */
  readonly folder: string
  readonly engine: string
  readonly comparison: Comparison
}

/**
 * Runs every combination of a comparison's values and seeds, and writes the comparison's folder: what `kd compare` does.
 * Runs that are done there already are not done again, those that were interrupted go on, and those that fail do not stop
 * the rest.
 *
 * @param source - path of a YAML or JSON file, or its content; relative paths in content start at the working directory
 * @param options - see {@link ComparisonOptions}
 * @returns what all runs found
 * @throws {@link ConfigError} listing everything that is wrong with the comparison or any of its configs, before anything
 *   starts; {@link KdError} when data or an engine do not load
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { inProcessRunner, runComparison } from '@kd/cli'
 *
 * const { comparison } = await runComparison(
 *   {
 *     base: {
 *       dataset: { name: 'digits' },
 *       teachers: [{ model: { name: 'mlp', hiddenUnits: [32] }, training: { epochs: 1 } }],
 *       student: { model: { name: 'mlp', hiddenUnits: [8] } },
 *       training: { epochs: 1 },
 *       engine: 'cpu',
 *     },
 *     methods: [{ name: 'vanilla-kd' }, { name: 'label-revision' }],
 *     seeds: 2,
 *     baseline: 'vanilla-kd',
 *   },
 *   { out: join(tmpdir(), 'kd-comparison'), runner: inProcessRunner() },
 * )
 * console.log(comparison.runs.map(({ state }) => state)) // [ 'done', 'done', 'done', 'done' ]
 * ```
 */
export async function runComparison(
  source: string | ComparisonInput,
  options: ComparisonOptions = {},
): Promise<ComparisonResult> {
  const {
    overrides = [],
    engine,
    jobs = 1,
    runner = localRunner(jobs),
    onProgress: tell = () => undefined,
  } = options
  const { signal = new AbortController().signal } = options
  const comparison = await readComparison(source, overrides)
  const folder = await ComparisonFolder.open(options.out ?? join('runs', comparison.name))
  const workspace = workspaceOf(options, folder.path)
  const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / jobs))
  const plan = await planComparison(comparison, {
    engine,
    workspace,
    folder: folder.path,
    threads,
    tell: () => undefined,
  })
  tellOfFasterEngine(plan.engine, tell)
  await assertCarriable(
    plan.runs.map(({ job }) => job),
    runner,
    workspace,
  )
  const found = await finishedRuns(plan, workspace)
  const waiting = plan.runs.filter(({ job }) => !found.has(job.id))
  const toDo = neededJobs(plan, waiting)
  tell({
    kind: 'planned',
    runs: plan.runs.length,
    jobs: toDo.length,
    done: plan.runs.length - waiting.length,
  })
  if (options.budget === true) {
    const budget = await estimateBudget({ toDo, runs: plan.runs, found, atOnce: jobs, workspace, signal })
    tell({ kind: 'budget', budget })
  }

  const outcomes = new Map<string, JobOutcome>(found)
  const write = async (): Promise<Comparison> => {
    const soFar = describe(comparison, plan, outcomes, { workspace, folder: folder.path })
    await folder.write(soFar)
    return soFar
  }
  await write()
  const ended = await runner.run(toDo, { workspace, folder: folder.path, signal, onEvent: tell })
  for (const [id, outcome] of ended) outcomes.set(id, outcome)
  return { folder: folder.path, engine: plan.engine, comparison: await write() }
}

/** The folder that jobs' paths start from: `folder`, unless a greater one is shared with other machines. */
export function workspaceOf({ workspace }: { readonly workspace?: string }, folder: string): string {
  if (workspace === undefined) return folder
  const path = resolve(workspace)
  if (relative(path, folder).startsWith('..')) {
    throw new UsageError(`--out ${folder} must lie in the workspace, got ${path} as that`)
  }
  return path
}

/** Runs that are done, by the id that their folder says. */
export async function finishedRuns(
  { runs }: Pick<ComparisonPlan, 'runs'>,
  workspace: string,
): Promise<Map<string, JobOutcome>> {
  const found = new Map<string, JobOutcome>()
  for (const { job } of runs) {
    const folder = resolve(workspace, job.folder)
    const recorded = await recordedRun(folder)
    if (recorded?.environment['id'] !== job.id || recorded.result === undefined) continue
    found.set(job.id, { state: 'done', result: { ...recorded.result, folder } })
  }
  return found
}

/** The runs that are left and the teachers that these need: none for runs that are done. */
export function neededJobs(
  { teachers }: Pick<ComparisonPlan, 'teachers'>,
  waiting: readonly PlannedRun[],
): Job[] {
  const needed = new Set(waiting.flatMap(({ job }) => job.needs))
  return jobsOf({ runs: waiting, teachers: teachers.filter(({ id }) => needed.has(id)) })
}

function describe(
  { name, axes, seeds, baseline }: ReadComparison,
  { runs, task }: ComparisonPlan,
  outcomes: ReadonlyMap<string, JobOutcome>,
  { workspace, folder }: { readonly workspace: string; readonly folder: string },
): Comparison {
  return {
    version: 1,
    name,
    axes: axes.map((axis) => ({ name: axis.name, labels: axis.values.map(({ label }) => label) })),
    seeds,
    ...(baseline && { baseline }),
    ...(task.name !== 'classification' && { figure: { name: task.monitor, ...task.kinds[task.monitor]! } }),
    runs: runs.map((planned) =>
      comparedRun(planned, outcomes.get(planned.job.id) ?? { state: 'stopped' }, {
        run: resolve(workspace, planned.job.folder),
        comparison: folder,
      }),
    ),
  }
}
