import { KdError, type EngineName } from '@kd/core'
import type { BiasVarianceReport } from '@kd/report'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { tellOfFasterEngine } from '../../run/tell-of-faster-engine.js'
import { planComparison } from '../compare/plan-comparison.js'
import { finishedRuns, neededJobs, type ComparisonProgress } from '../compare/run-comparison.js'
import type { ConfigInput } from '../../config/config-schema.js'
import { localRunner } from '../runner/local-runner.js'
import type { Runner } from '../runner/runner.js'
import { BiasVarianceFolder } from './bias-variance-folder.js'
import type { BiasVarianceInput } from './bias-variance-schema.js'
import { measureRepeats } from './measure-repeats.js'
import { readBiasVariance } from './read-bias-variance.js'

/** How bias and variance are analysed. */
export interface BiasVarianceOptions {
  /** `key=value` each, in place of the file's own values. */
  readonly overrides?: readonly string[]
  /** The engine that takes the place of the one in the file. */
  readonly splits?: number
  /** So many, from 0, in place of the file's. */
  readonly seeds?: number
  /** The engine that takes the place of the one in the base config. */
  readonly engine?: EngineName
  /** Folder of the analysis: students that are done in it are not trained again. @defaultValue `runs/<config>-bias-variance` */
  readonly out?: string
  /** How many students at a time, a process each. @defaultValue 1 */
  readonly jobs?: number
  /** The threads of each process, for an engine that uses more than one. @defaultValue the machine's, divided by `jobs` */
  readonly threads?: number
  /** Where students are trained. @defaultValue the local runner, in `jobs` processes */
  readonly runner?: Runner
  /** This is called with what goes on. */
  readonly onProgress?: (progress: ComparisonProgress) => void
  /** Ends the analysis after the current steps; run again, it goes on. */
  readonly signal?: AbortSignal
}

/** What an analysis found, and where. */
export interface BiasVarianceResult {
  /** Absolute. */
  readonly folder: string
  readonly engine: string
  readonly report: BiasVarianceReport
}

/**
 * Measures bias and variance of methods: divides the training set into disjoint parts, trains a student on each with each
 * method, and takes their mean loss on the test examples apart. What `kd analyse bias-variance` does.
 *
 * Students of one seed differ in their part, their initial weights and their order, and have the same teachers; teachers
 * trained by a recipe see the whole training set. The student that a run saves is the one that is measured (`student.keep`).
 *
 * @param source - path of a YAML or JSON file: a comparison, with `splits`, or the config of one run; or its content
 * @param options - see {@link BiasVarianceOptions}
 * @returns what the students showed
 * @throws {@link ConfigError} listing everything that is wrong, before anything starts; {@link KdError} when data or an engine
 *   do not load, or the task is not classification
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { inProcessRunner, runBiasVariance } from '@kd/cli'
 *
 * const { report } = await runBiasVariance(
 *   {
 *     base: {
 *       dataset: { name: 'digits' },
 *       student: { model: { name: 'mlp', hiddenUnits: [8] } },
 *       training: { epochs: 1 },
 *       engine: 'cpu',
 *     },
 *     methods: [{ name: 'label-loss' }],
 *     splits: 2,
 *   },
 *   { out: join(tmpdir(), 'kd-bias-variance'), runner: inProcessRunner() },
 * )
 * const { bias, variance, loss } = report.settings[0]!.repeats[0]!.found!.kullbackLeibler
 * console.log(Math.abs(bias + variance - loss) < 1e-9) // true
 * ```
 * @see Yang et al. 2020, "Rethinking bias-variance trade-off for generalization of neural networks", arXiv 2002.11328: the
 * estimator; Zhou et al. 2021, "Rethinking soft labels for knowledge distillation", arXiv 2102.00650: what it is asked here
 */
export async function runBiasVariance(
  source: string | BiasVarianceInput | ConfigInput,
  options: BiasVarianceOptions = {},
): Promise<BiasVarianceResult> {
  const { overrides = [], splits, seeds, engine, jobs = 1, onProgress: tell = () => undefined } = options
  const { runner = localRunner(jobs), signal = new AbortController().signal } = options
  const read = await readBiasVariance(source, { overrides, splits, seeds })
  const folder = await BiasVarianceFolder.open(options.out ?? join('runs', `${read.name}-bias-variance`))
  const workspace = folder.path
  const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / jobs))
  const points = read.repeats.flatMap(({ students }) => students)
  const planned = { ...read, points }
  const plan = await planComparison(planned, {
    engine,
    workspace,
    folder: workspace,
    threads,
    tell: () => undefined,
  })
  if (plan.task.name !== 'classification') {
    throw new KdError(`analyse bias-variance: task must be classification, got ${plan.task.name}`)
  }
  tellOfFasterEngine(plan.engine, tell)
  const found = await finishedRuns(plan, workspace)
  const waiting = plan.runs.filter(({ job }) => !found.has(job.id))
  const toDo = neededJobs(plan, waiting)
  const done = plan.runs.length - waiting.length
  tell({ kind: 'planned', runs: plan.runs.length, jobs: toDo.length, done })
  const ended = await runner.run(toDo, { workspace, folder: workspace, signal, onEvent: tell })
  const outcomes = new Map([...found, ...ended])
  const report = await folder.write(read, await measureRepeats(read, plan, { workspace, outcomes, signal }))
  return { folder: folder.path, engine: plan.engine, report }
}
