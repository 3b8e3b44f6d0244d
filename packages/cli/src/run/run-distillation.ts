import { selectEngine, type AnyDataset, type EngineName, type Method } from '@kd/core'
import { basename, extname, resolve } from 'node:path'
import type { Config, ConfigInput } from '../config/config-schema.js'
import { makeMethod, methods as builtInMethods } from '../config/methods.js'
import { readConfig, type ReadConfig } from '../config/read-config.js'
import { UsageError } from '../config/usage-error.js'
import { CHECKPOINT_SECONDS, RunCheckpoints } from './checkpoint/run-checkpoints.js'
import { chanceWarning } from './chance-warning.js'
import { imbalanceWarning } from './imbalance-warning.js'
import { prepareDataset, trainingData } from './data/prepare-dataset.js'
import { withinMemory } from './data/within-memory.js'
import { finishRun, type RunSummary } from './finish-run.js'
import { RunFolder } from './folder/run-folder.js'
import { RunLog } from './log/run-log.js'
import type { OnRunProgress, RunProgress } from './log/run-progress.js'
import { taskReport, type RunResult } from './log/run-result.js'
import { StepFile } from './log/step-file.js'
import { studentModel, type NamedConfig } from './model/config-model.js'
import { assertSameRun, recordedRun } from './origin/recorded-run.js'
import { noteResumption, runOrigin, writeOrigin } from './origin/run-origin.js'
import type { RunConfigOptions, RunOptions } from './run-options.js'
import { tellOfFasterEngine } from './tell-of-faster-engine.js'
import { assertRunFits } from './training/assert-run-fits.js'
import { makeTeachers } from './training/make-teachers.js'
import { countTeachers, disposeTeachers, openTeachers, type OpenTeacher } from './training/open-teachers.js'
import type { RunContext } from './training/run-context.js'
import { trainStudentAlone } from './training/train-student-alone.js'
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
  // The run is its own baseline.
  const { baseline: _, ...config } = read.config
  return runConfig({ ...read, config: { ...config, teachers: [], method: { name: 'label-loss' } } }, options)
}

/**
 * Runs a config that was read already.
 *
 * @param read - with `method` and `training`
 * @param options - see {@link RunConfigOptions}
 * @returns what the run found
 */
export function runConfig(read: ReadConfig, options: RunConfigOptions): Promise<RunResult> {
  return withinMemory(read.config, () => run(read, options))
}

async function run(read: ReadConfig, options: RunConfigOptions): Promise<RunResult> {
  const { onProgress: tell = () => undefined, resume = false } = options
  if (resume && options.out === undefined)
    throw new UsageError(
      '--resume must come with --out, got none',
      'name the folder of the run to go on with',
    )
  const before = resume ? await recordedRun(resolve(options.out!)) : undefined
  const recordedEngine = before?.config['engine'] as EngineName | undefined
  const engine = await selectEngine(options.engine ?? read.config.engine ?? recordedEngine)
  tellOfFasterEngine(engine.name, tell)
  const config = { ...read.config, engine: engine.name }

  const named: NamedConfig = { config, catalogue: read.catalogue }
  for (const text of read.warnings) tell({ kind: 'message', text })

  const clean = await prepareDataset(named, tell)
  const { labelNoise, seed: dataSeed } = config.dataset
  const dataset = await trainingData(clean, { ...config.student, labelNoise }, dataSeed)
  const method = makeMethod(config.method!, read.catalogue.methods)
  const student = await studentModel(named, dataset)
  // A run that has ended needs its teachers no more: they are opened only where there is something to do.
  const teachers = await openTeachers(named, clean)
  for (const text of teachers.flatMap(({ notes = [] }) => notes)) tell({ kind: 'message', text })
  // Before a folder is begun, or emptied with --force, and before a teacher is trained: what does not fit leaves all as it was.
  await assertRunFits(config, { dataset, student, teachers, method })
  const unheard = resume ? undefined : unheardTeachers(config, method)
  if (unheard !== undefined) tell({ kind: 'message', text: unheard })

  const name = `${baseName(read.name)}-${config.method!.name}-${config.seed}`
  const folder = await RunFolder.create({ ...options, name })
  const steps = new StepFile(folder)
  const onProgress = (progress: RunProgress): void => {
    steps.note(progress)
    tell(progress)
  }
  try {
    const prepared = { named, clean, dataset, teachers, method, student }
    return await runIn(folder, prepared, { ...options, onProgress })
  } finally {
    await steps.remove()
    await folder.release()
  }
}

/** A run before anything of it is in a folder. */
interface PreparedRun extends Pick<StudentRun, 'dataset' | 'student' | 'method'> {
  /** The config with its engine. */
  readonly named: NamedConfig
  /** The data set before label noise. */
  readonly clean: AnyDataset
  readonly teachers: readonly OpenTeacher[]
}

async function runIn(
  folder: RunFolder,
  { named, clean, dataset, teachers: opened, method, student }: PreparedRun,
  options: RunConfigOptions & { readonly onProgress: OnRunProgress },
): Promise<RunResult> {
  const { onProgress: tell, signal, resume = false, teachersFolder } = options
  const { config } = named
  const recorded = resume ? await recordedRun(folder.path) : undefined
  const origin = await runOrigin(config, dataset, options.id)
  if (recorded === undefined) await writeOrigin(folder, origin)
  else {
    // Of a planned run the id says so, wherever its files lie: on another machine their paths may be others.
    if (options.id === undefined) assertSameRun(recorded, config, origin)
    if (recorded.result !== undefined) {
      tell({ kind: 'message', text: `run folder ${folder.path}: this run has ended already` })
      // It may have been killed after its end, before it removed them.
      await new RunCheckpoints({
        folder,
        id: origin.id,
        resume: true,
        everySeconds: Infinity,
        signal,
        tell,
      }).remove()
      student.dispose()
      disposeTeachers(opened)
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
  const context: RunContext = { ...named, signal, tell, folder, checkpoints, teachersFolder }
  const { data } = origin
  const teachers = await makeTeachers(context, clean, opened)
  const hasBaseline = config.baseline === true
  const alone = teachers && hasBaseline ? await trainStudentAlone(context, { dataset, data }) : undefined
  const summary =
    teachers === undefined || (hasBaseline && alone === undefined)
      ? ({ ended: 'aborted', teachers: [] } as const)
      : await teach(context, { method, dataset, data, student, teachers, folder })
  student.dispose()
  disposeTeachers(opened)
  const result = {
    folder: folder.path,
    method: config.method!.name,
    task: taskReport(dataset),
    seed: config.seed,
    engine: config.engine!,
    ...summary,
    ...(alone && { alone }),
    seconds: checkpoints.seconds,
  }
  await new RunLog(folder).append({ kind: 'result', ...result })
  if (result.ended !== 'aborted') await checkpoints.remove()
  return result
}

/** What to tell of teachers that nobody listens to, or undefined. */
function unheardTeachers({ teachers, method: named }: Config, { needs }: Method): string | undefined {
  const wanted = needs.teachers ?? 0
  const count = countTeachers(teachers)
  // A plugin's method may read more than it asks for.
  if (wanted === 'all' || count <= wanted || !Object.hasOwn(builtInMethods, named!.name)) return undefined
  const used =
    wanted === 0 ? 'no teacher' : wanted === 1 ? 'the first teacher only' : `${wanted} teachers only`
  return `${named!.name} learns from ${used}, of ${count}; adaptive-mixing and fixed-mixing learn from all`
}

function baseName(name: string): string {
  return basename(name, extname(name))
}

async function teach(context: RunContext, run: StudentRun): Promise<RunSummary> {
  const found = await trainStudent(context, run)
  const lastEpoch = found.history.at(-1)
  const isWeighted = context.config.training!.classWeights !== undefined
  const warnings = lastEpoch && [
    chanceWarning(run.dataset, lastEpoch),
    isWeighted ? undefined : imbalanceWarning(run.dataset, lastEpoch.validation),
  ]
  for (const text of warnings ?? []) {
    if (text !== undefined) context.tell({ kind: 'message', text })
  }
  return finishRun(context, { ...run, found })
}
