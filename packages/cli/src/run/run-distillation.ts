import {
  InvalidArgumentError,
  selectEngine,
  type Dataset,
  type DistillationMethod,
  type EngineName,
} from '@kd/core'
import { basename, extname, resolve } from 'node:path'
import type { Config, ConfigInput } from '../config/config-schema.js'
import { readConfig, type ReadConfig } from '../config/read-config.js'
import { assertLabelsDo } from '../config/label-rules.js'
import { openLabels } from './training/open-labels.js'
import type { StoredLabels } from './labels/stored-labels.js'
import { makeMethod } from '../config/methods.js'
import { UsageError } from '../config/usage-error.js'
import { CHECKPOINT_SECONDS, RunCheckpoints } from './checkpoint/run-checkpoints.js'
import { assertTeachers } from './training/assert-teachers.js'
import { chanceWarning } from './chance-warning.js'
import { studentModel } from './model/config-model.js'
import { finishRun, type RunSummary } from './finish-run.js'
import { makeTeachers } from './training/make-teachers.js'
import { methodRun } from './training/method-run.js'
import { prepareDataset, trainingData } from './data/prepare-dataset.js'
import { assertSameRun, recordedRun } from './origin/recorded-run.js'
import type { RunContext } from './training/run-context.js'
import { RunFolder } from './folder/run-folder.js'
import { noteResumption, runOrigin, writeOrigin } from './origin/run-origin.js'
import type { RunConfigOptions, RunOptions } from './run-options.js'
import { RunLog } from './log/run-log.js'
import type { RunResult } from './log/run-result.js'
import { trainStudent, type StudentRun } from './training/train-student.js'

/**
 * Distils a student as a config says, and writes the run's folder: what `kd distill` does.
 *
 * @param source - path of a YAML or JSON config, or its content; relative paths in content start at the working directory
 * @param options - see {@link RunOptions}
 * @returns what the run found
 * @throws {@link ConfigError} listing everything that is wrong with the config, {@link KdError} for anything later
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { runDistillation } from '@kd/cli'
 *
 * const result = await runDistillation(
 *   {
 *     dataset: { name: 'digits' },
 *     teachers: [{ model: { name: 'mlp', hiddenUnits: [64] }, training: { epochs: 2 } }],
 *     student: { model: { name: 'mlp', hiddenUnits: [8] } },
 *     method: { name: 'weighted-soft-labels' },
 *     training: { epochs: 2 },
 *     engine: 'cpu',
 *   },
 *   { out: join(tmpdir(), 'my-run'), force: true },
 * )
 * console.log(result.last?.epoch) // 2
 * ```
 */
export async function runDistillation(
  source: string | ConfigInput,
  options: RunOptions = {},
): Promise<RunResult> {
  const read = await readConfig(source, {
    overrides: options.overrides ?? [],
    required: ['method', 'training'],
  })
  return runConfig(read, options)
}

/**
 * Trains the student of a config alone, with the labels and without its teachers and its method: what `kd train` does.
 *
 * @param source - as for {@link runDistillation}; `method` and `teachers` may be missing and are not looked at
 * @param options - see {@link RunOptions}
 * @returns what the run found
 * @throws as {@link runDistillation}
 */
export async function runTraining(
  source: string | ConfigInput,
  options: RunOptions = {},
): Promise<RunResult> {
  const read = await readConfig(source, { overrides: options.overrides ?? [], required: ['training'] })
  return runConfig(
    { ...read, config: { ...read.config, teachers: [], method: { name: 'label-loss' } } },
    options,
  )
}

/**
 * Runs a config that was read already.
 *
 * @param read - with `method` and `training`
 * @param options - see {@link RunConfigOptions}
 * @returns what the run found
 */
export async function runConfig(read: ReadConfig, options: RunConfigOptions): Promise<RunResult> {
  const { onProgress: tell = () => undefined, resume = false } = options
  if (resume && options.out === undefined)
    throw new UsageError(
      '--resume must come with --out, got none',
      'name the folder of the run to go on with',
    )
  const before = resume ? await recordedRun(resolve(options.out!)) : undefined
  const recordedEngine = before?.config['engine'] as EngineName | undefined
  const engine = await selectEngine(options.engine ?? read.config.engine ?? recordedEngine)
  const config = { ...read.config, engine: engine.name }

  const clean = await prepareDataset(config.dataset, tell)
  const { labelNoise, seed: dataSeed } = config.dataset
  const dataset = await trainingData(clean, { ...config.student, labelNoise }, dataSeed)
  const { name } = config.method!
  const made = makeRunMethod(config, read)
  assertHeldOut(made.method, dataset)
  assertLabelsDo(config, made.method)
  // A run that has ended needs its teachers no more.
  const unheard = resume ? undefined : await assertTeachers(config, made.method)
  if (unheard !== undefined) tell({ kind: 'message', text: unheard })
  // Before a folder is begun, or emptied with --force: labels that do not fit leave all as it was.
  const labels = await openLabels(config, clean)
  const student = await studentModel(config, dataset)

  const folder = await RunFolder.create({ ...options, name: `${baseName(read.name)}-${name}-${config.seed}` })
  try {
    return await runIn(folder, { config, clean, dataset, labels, made, student }, options)
  } finally {
    await folder.release()
  }
}

/** A run before anything of it is in a folder. */
interface PreparedRun extends Pick<StudentRun, 'dataset' | 'student'> {
  readonly made: RunMethod
  /** With its engine. */
  readonly config: Config
  /** The data set before label noise. */
  readonly clean: Dataset
  /** By the place of their teacher. */
  readonly labels: readonly (StoredLabels | undefined)[]
}

async function runIn(
  folder: RunFolder,
  { config, clean, dataset, labels, made, student }: PreparedRun,
  options: RunConfigOptions,
): Promise<RunResult> {
  const { onProgress: tell = () => undefined, signal, resume = false, teachersFolder } = options
  const recorded = resume ? await recordedRun(folder.path) : undefined
  const origin = await runOrigin(config, dataset, options.id)
  if (recorded === undefined) await writeOrigin(folder, origin)
  else {
    // Of a planned run the id says so, wherever its files lie: on another machine their paths may be others.
    if (options.id === undefined) assertSameRun(recorded, config, origin.data)
    if (recorded.result !== undefined) {
      tell({ kind: 'message', text: `run folder ${folder.path}: this run has ended already` })
      student.dispose()
      return { ...recorded.result, folder: folder.path }
    }
    await noteResumption(folder, recorded, tell)
  }
  tell({ kind: 'message', text: `run folder ${folder.path}` })

  const everySeconds = options.checkpointSeconds ?? CHECKPOINT_SECONDS
  // As recorded: the order of a config's keys counts in an id, and may be another one now.
  const id = (recorded?.environment['id'] as string | undefined) ?? origin.id
  const goesOn = recorded !== undefined
  const checkpoints = new RunCheckpoints({ folder, id, resume: goesOn, everySeconds, signal, tell })
  const context: RunContext = { config, signal, tell, folder, checkpoints, teachersFolder }
  const teachers = await makeTeachers(context, clean, labels)
  const summary =
    teachers === undefined
      ? ({ ended: 'aborted', teachers: [] } as const)
      : await teach(context, { ...made, dataset, data: origin.data, student, teachers, folder })
  for (const model of [student, ...(teachers ?? []).map((teacher) => teacher.model)]) model.dispose()
  const result = {
    folder: folder.path,
    method: config.method!.name,
    seed: config.seed,
    engine: config.engine!,
    ...summary,
    seconds: checkpoints.seconds,
  }
  await new RunLog(folder).append({ kind: 'result', ...result })
  if (result.ended !== 'aborted') await checkpoints.remove()
  return result
}

/** The training loop says so too, but only after the teachers' recipes. */
function assertHeldOut(method: DistillationMethod, { validation }: Dataset): void {
  if (method.requires?.validation !== true || validation !== undefined) return
  throw new InvalidArgumentError(`dataset must have a validation split for ${method.name}, got none`, {
    hint: 'set dataset.validation above 0',
  })
}

function baseName(name: string): string {
  return basename(name, extname(name))
}

/** The method, and what follows it. */
type RunMethod = Pick<StudentRun, 'method' | 'mixing' | 'selection'>

function makeRunMethod(config: Config, { pluginMethods }: ReadConfig): RunMethod {
  const run = methodRun(config)
  const { mixing, selection } = run
  return { method: makeMethod(config.method!, pluginMethods, run), mixing, selection }
}

async function teach(context: RunContext, run: StudentRun): Promise<RunSummary> {
  const found = await trainStudent(context, run)
  // An epoch that has ended has made the weights.
  const weights = found.history.length > 0 ? run.mixing.csv(run.dataset.train) : undefined
  if (weights !== undefined) await run.folder.writeFile('mixing-weights.csv', weights)
  const lastEpoch = found.history.at(-1)
  const warning = lastEpoch && chanceWarning(run.dataset.train, lastEpoch.train.top1)
  if (warning !== undefined) context.tell({ kind: 'message', text: warning })
  return finishRun(context, { ...run, found })
}
