import { evaluate, KdError, type AnyDataset, type EngineName, type Figures } from '@kd/core'
import { takeExamples } from '@kd/datasets'
import type { ConfigInput } from '../config/config-schema.js'
import { modelName } from '../config/model-schema.js'
import type { OnRunProgress } from './log/run-progress.js'
import { taskReport, type TaskReport } from './log/run-result.js'
import { modelCosts, type ModelCost } from './model-costs.js'
import { nonFiniteWarning } from './non-finite-warning.js'
import { openStudent } from './open-student.js'

/** What is evaluated, and where. */
export interface EvaluationRunOptions {
  /** `key=value` each, in place of the config's own values. */
  readonly overrides?: readonly string[]
  /** The engine that takes the place of the config's. */
  readonly engine?: EngineName
  /** @defaultValue 'test' */
  readonly split?: 'train' | 'validation' | 'test'
  /** Look at so many examples only, classes in their shares. @defaultValue all */
  readonly limit?: number
  /** Whether parameters, multiply-adds and latency of student and teachers are measured too. @defaultValue false */
  readonly latency?: boolean
  readonly onProgress?: OnRunProgress
  /** Ends the evaluation after the current piece; what was seen is reported. */
  readonly signal?: AbortSignal
}

/** What an evaluation found. */
export interface EvaluationResult {
  readonly task: TaskReport
  /** What the task measures. */
  readonly figures: Figures
  readonly model: string
  readonly dataset: string
  readonly split: string
  readonly engine: string
  readonly seconds: number
  /** Of the student, then of its teachers, where it was asked for. */
  readonly costs?: readonly ModelCost[]
}

/**
 * Measures the student of a run, or the model of a config that has `student.weights`: what `kd evaluate` does.
 *
 * @param source - a run's folder, a config's path, or a config's content
 * @param options - see {@link EvaluationRunOptions}
 * @returns metrics of the split; labels are the clean ones
 * @throws {@link ConfigError} for a config, {@link KdError} for anything later, such as data whose columns or classes are not the run's
 */
export async function runEvaluation(
  source: string | ConfigInput,
  options: EvaluationRunOptions = {},
): Promise<EvaluationResult> {
  const { split = 'test', limit, onProgress: tell = () => undefined, signal } = options
  const started = performance.now()
  const opened = await openStudent(source, options)
  const { model, engine } = opened
  const dataset = limited(opened.dataset, split, limit)
  const { figures } = await evaluate(model, dataset, {
    split,
    ...(signal && { signal }),
    onProgress: (examples, of) => tell({ kind: 'evaluated', examples, of }),
  })
  const costs = options.latency === true ? await modelCosts(opened, tell, signal) : undefined
  model.dispose()
  const warning = nonFiniteWarning(figures, 'the model', split)
  if (warning !== undefined) tell({ kind: 'message', text: warning })
  return {
    task: taskReport(dataset),
    model: modelName(opened.read.config.student.model),
    dataset: dataset.name,
    split,
    engine,
    figures,
    ...(costs && { costs }),
    seconds: (performance.now() - started) / 1000,
  }
}

function limited(
  dataset: AnyDataset,
  split: 'train' | 'validation' | 'test',
  limit: number | undefined,
): AnyDataset {
  if (dataset[split] === undefined) {
    throw new KdError(`evaluate: split must be one that ${dataset.name} has, got ${split}`)
  }
  return limit === undefined ? dataset : takeExamples(dataset, { [split]: limit })
}
