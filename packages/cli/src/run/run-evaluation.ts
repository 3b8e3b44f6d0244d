import { evaluate, KdError, selectEngine, type AnyDataset, type EngineName, type Figures } from '@kd/core'
import { takeExamples } from '@kd/datasets'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfigInput } from '../config/config-schema.js'
import { isModelFile, modelName } from '../config/model-schema.js'
import { readConfig } from '../config/read-config.js'
import { UsageError } from '../config/usage-error.js'
import { assertFits, studentModel } from './model/config-model.js'
import { datasetOfRun } from './data/dataset-of-run.js'
import { prepareDataset } from './data/prepare-dataset.js'
import type { OnRunProgress } from './log/run-progress.js'
import { nonFiniteWarning } from './non-finite-warning.js'
import { taskReport, type TaskReport } from './log/run-result.js'
import { readInputDescription } from './model/input-description.js'
import { matchInput, matchNotes } from './model/match-input.js'
import { loadModel } from './model/saved-model.js'

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
  const run = typeof source === 'string' ? await runFolder(source) : undefined
  const read = await readConfig(run === undefined ? source : join(run, 'config.yaml'), {
    overrides: options.overrides ?? [],
    ofRun: run !== undefined,
  })
  const { config } = read
  if (run === undefined && config.student.weights === undefined && !isModelFile(config.student.model)) {
    throw new UsageError(
      `${read.name} has no student.weights to evaluate`,
      'give a run folder, or student.weights=FILE',
    )
  }
  const engine = await selectEngine(options.engine ?? config.engine)
  const prepared = await prepareDataset(read, tell)
  const given = run === undefined ? prepared : await knownToRun(prepared, run, tell)
  const dataset = limited(given, split, limit)
  const model = run === undefined ? await studentModel(read, dataset) : await loadModel(join(run, 'student'))
  assertFits(model, dataset, read.name)
  const { figures } = await evaluate(model, dataset, {
    split,
    ...(signal && { signal }),
    onProgress: (examples, of) => tell({ kind: 'evaluated', examples, of }),
  })
  model.dispose()
  const warning = nonFiniteWarning(figures, 'the model', split)
  if (warning !== undefined) tell({ kind: 'message', text: warning })
  return {
    task: taskReport(dataset),
    model: modelName(config.student.model),
    dataset: dataset.name,
    split,
    engine: engine.name,
    figures,
    seconds: (performance.now() - started) / 1000,
  }
}

/** The data set in the order and with the normalization that the student of a run knows. */
async function knownToRun(dataset: AnyDataset, run: string, tell: OnRunProgress): Promise<AnyDataset> {
  const found = await readInputDescription(run)
  const match = found && matchInput(found.description, dataset, run)
  for (const text of matchNotes(run, found?.isOld, match)) tell({ kind: 'message', text })
  return match === undefined ? dataset : datasetOfRun(dataset, match)
}

/** The folder of a run, or undefined for a file. */
async function runFolder(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return undefined
  if (found !== undefined && (await stat(join(path, 'config.yaml')).catch(() => undefined))) return path
  throw new UsageError(
    `${path} must be the folder of a run or a config file, got ${found === undefined ? 'nothing there' : 'a folder without config.yaml'}`,
  )
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
