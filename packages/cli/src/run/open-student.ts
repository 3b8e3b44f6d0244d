import { selectEngine, type AnyDataset, type EngineName } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfigInput } from '../config/config-schema.js'
import { isModelFile } from '../config/model-schema.js'
import { readConfig, type ReadConfig } from '../config/read-config.js'
import { UsageError } from '../config/usage-error.js'
import { datasetOfRun } from './data/dataset-of-run.js'
import { prepareDataset } from './data/prepare-dataset.js'
import type { OnRunProgress } from './log/run-progress.js'
import { assertFits, studentModel } from './model/config-model.js'
import { readInputDescription } from './model/input-description.js'
import { matchInput, matchNotes } from './model/match-input.js'
import { loadModel } from './model/saved-model.js'

/** Which student is opened, and where it computes. */
export interface OpenStudentOptions {
  /** `key=value` each, in place of the config's own values. */
  readonly overrides?: readonly string[] | undefined
  /** The engine that takes the place of the config's. */
  readonly engine?: EngineName | undefined
  readonly onProgress?: OnRunProgress | undefined
}

/** A trained student with the data that it knows. */
export interface OpenStudent {
  /** Its config, with what that can name. */
  readonly read: ReadConfig
  /** The folder of its run; undefined for a config with `student.weights`. */
  readonly run: string | undefined
  /** In the student's order of columns and classes, and with its normalization. */
  readonly dataset: AnyDataset
  readonly model: LayersModel
  /** The engine in use. */
  readonly engine: EngineName
}

/**
 * Opens the student of a run, or the model of a config that has `student.weights`.
 *
 * @param source - a run's folder, a config's path, or a config's content
 * @param options - see {@link OpenStudentOptions}
 * @returns the student, whose model is the caller's to dispose
 * @throws {@link ConfigError} for a config, {@link KdError} for anything later, such as data whose columns or classes are not the run's
 */
export async function openStudent(
  source: string | ConfigInput,
  { overrides = [], engine: wanted, onProgress: tell = () => undefined }: OpenStudentOptions,
): Promise<OpenStudent> {
  const run = typeof source === 'string' ? await runFolder(source) : undefined
  const read = await readConfig(run === undefined ? source : join(run, 'config.yaml'), {
    overrides,
    ofRun: run !== undefined,
  })
  const { weights, model: given } = read.config.student
  if (run === undefined && weights === undefined && !isModelFile(given)) {
    throw new UsageError(
      `${read.name} has no student.weights to evaluate`,
      'give a run folder, or student.weights=FILE',
    )
  }
  const engine = await selectEngine(wanted ?? read.config.engine)
  const prepared = await prepareDataset(read, tell)
  const dataset = run === undefined ? prepared : await knownToRun(prepared, run, tell)
  const model = run === undefined ? await studentModel(read, dataset) : await loadModel(join(run, 'student'))
  assertFits(model, dataset, read.name)
  return { read, run, dataset, model, engine: engine.name }
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
