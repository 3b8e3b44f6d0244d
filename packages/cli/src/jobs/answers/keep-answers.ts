import { selectEngine, type EngineName } from '@kd/core'
import { availableParallelism } from 'node:os'
import { basename, extname, join } from 'node:path'
import { transportable } from '../compare/plan-comparison.js'
import { workspaceOf } from '../compare/run-comparison.js'
import { isAnswersOnly } from '../../config/answer-rules.js'
import { builtIn } from '../../config/catalogue.js'
import type { Config, ConfigInput } from '../../config/config-schema.js'
import { isModelFile } from '../../config/model-schema.js'
import { tellOfFasterEngine } from '../../run/tell-of-faster-engine.js'
import { readConfig } from '../../config/read-config.js'
import { prepareDataset } from '../../run/data/prepare-dataset.js'
import type { OnRunProgress } from '../../run/log/run-progress.js'
import { inProcessRunner } from '../runner/in-process-runner.js'
import { localRunner } from '../runner/local-runner.js'
import { workspacePath } from '../job/read-job.js'
import type { FailedJob } from '../runner/indexed/failed-jobs.js'
import type { Runner } from '../runner/runner.js'
import { UsageError } from '../../config/usage-error.js'
import { finishAnswers } from './find-shards.js'
import { inputsHash } from '../../run/answers/inputs-hash.js'
import { answerForm, type AnswerFormOptions } from './answer-form.js'
import { answerJobs, doJobs, type JobsEnd } from './answer-jobs.js'
import { recipeIdentity } from '../job/asked-teacher.js'
import { beginAnswers, sizeText, teacherJobs, teachersIn, type KeepingAnswers } from './begin-answers.js'
import { openAnswersFolder } from './open-answers-folder.js'

/** How answers are kept. */
export interface KeepAnswersOptions extends AnswerFormOptions {
  /** `key=value` each, in place of the config's own values. */
  readonly overrides?: readonly string[]
  /** The engine that takes the place of the config's. */
  readonly engine?: EngineName
  /** Folder of the answers: what is done in it is not done again. @defaultValue `runs/<config>-answers` */
  readonly out?: string
  /** Whether other answers in `out` are replaced. @defaultValue false */
  readonly force?: boolean
  /** How many jobs the shards are shared out over, each a process here; 1: this one. @defaultValue 1 */
  readonly jobs?: number
  /** The threads of each process, for an engine that uses more than one. @defaultValue the machine's, divided by `jobs` */
  readonly threads?: number
  /** Where the teachers are asked. @defaultValue this process, or the local runner in `jobs` processes */
  readonly runner?: Runner
  /** Folder that a runner's machines share; `out` lies in it. @defaultValue `out` */
  readonly workspace?: string
  /** This is called with what goes on. */
  readonly onProgress?: OnRunProgress
  /** Ends it; shards that are whole stay. */
  readonly signal?: AbortSignal
}

/** The kept answers of one teacher. */
export interface TeacherAnswers {
  /** What `teachers: [{ answers }]` takes. */
  readonly folder: string
  readonly teacher: string
  readonly examples: number
  readonly shards: number
  readonly bytes: number
}

/** What keeping answers came to. */
export interface KeepAnswersResult {
  readonly folder: string
  readonly dataset: string
  readonly engine: string
  /** `submitted`: handed to something that outlives this process; the same call, later, ends it. */
  readonly ended: 'done' | 'aborted' | 'submitted'
  /** The answers of each teacher and each of its checkpoints. The list is empty until all jobs are done. */
  readonly answers: readonly TeacherAnswers[]
  /** The submitted jobs that have failed since the last call, and why. They were submitted again. */
  readonly failed: readonly FailedJob[]
  /** About so many examples teachers were asked now; the answers about the others were there. */
  readonly examples: number
  /** The examples per second. It is absent where no teacher was asked. */
  readonly perSecond?: number
  readonly seconds: number
}

/**
 * Asks the teachers of a config about its data set once and keeps the answers, so that many students can be trained without the
 * teachers: what `kd keep-answers` does. Called again it goes on with the shards that are missing.
 *
 * @param source - path of a YAML or JSON config, or its content; `method` and `training` may be missing
 * @param options - see {@link KeepAnswersOptions}
 * @returns where the answers are
 * @throws {@link ConfigError} for a config, {@link UsageError} for an option or a folder of other answers, {@link KdError} for
 *   anything later
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { keepAnswers, runDistillation } from '@kd/cli'
 *
 * const config = {
 *   dataset: { name: 'digits' },
 *   student: { model: { name: 'mlp', hiddenUnits: [8] } },
 *   method: { name: 'vanilla-kd' },
 *   training: { epochs: 1 },
 *   engine: 'cpu',
 * } as const
 * const teacher = { model: { name: 'mlp', hiddenUnits: [32] }, training: { epochs: 1 } } as const
 * const kept = await keepAnswers({ ...config, teachers: [teacher] }, { out: join(tmpdir(), 'my-answers') })
 * const answers = kept.answers[0]!.folder
 * const run = await runDistillation({ ...config, teachers: [{ answers }] }, { out: join(tmpdir(), 'kept'), force: true })
 * console.log(run.ended) // epochs
 * ```
 */
export async function keepAnswers(
  source: string | ConfigInput,
  options: KeepAnswersOptions = {},
): Promise<KeepAnswersResult> {
  const started = performance.now()
  const { jobs = 1, onProgress: tell = () => undefined, signal = new AbortController().signal } = options
  const read = await readConfig(source, { overrides: options.overrides ?? [] })
  for (const text of read.warnings) tell({ kind: 'message', text })
  assertTeachers(read.config)
  const engine = await selectEngine(options.engine ?? read.config.engine)
  tellOfFasterEngine(engine.name, tell)
  const config = askedConfig({ ...read.config, engine: engine.name })
  const named = { config, catalogue: read.catalogue }
  const dataset = await prepareDataset(named, tell)
  const form = answerForm(options, dataset)
  const name = `${basename(read.name, extname(read.name))}-answers`
  const folder = await openAnswersFolder(options.out ?? join('runs', name), options.force ?? false)
  const workspace = workspaceOf(options, folder)
  const runner = options.runner ?? (jobs === 1 ? inProcessRunner() : localRunner(jobs))
  const keeping: KeepingAnswers = {
    ...{ named, dataset, form, folder, jobs, runner, workspace, signal, tell },
    hashes: new Map(form.splits.map((split) => [split, inputsHash(dataset[split]!)])),
    recipes: await Promise.all(config.teachers.map((_, index) => recipeIdentity(named, index, dataset))),
    common: {
      config: transportable(config, workspace),
      teachers: workspacePath(workspace, teachersIn(folder)),
      threads: options.threads ?? Math.max(1, Math.floor(availableParallelism() / jobs)),
      needs: [],
    },
  }
  for (const text of sizeText(keeping)) tell({ kind: 'message', text })
  const found = await keep(keeping)
  const seconds = (performance.now() - started) / 1000
  return { folder, dataset: dataset.name, engine: engine.name, ...found, seconds }
}

function assertTeachers({ teachers }: Config): void {
  if (teachers.length === 0)
    throw new UsageError('kd keep-answers must have a teacher, got none', 'add one to teachers')
  const index = teachers.findIndex(isAnswersOnly)
  if (index !== -1)
    throw new UsageError(
      `kd keep-answers must have a teacher to ask, got kept answers as teachers.${index}`,
      'name the teacher: its run, its model with weights or training, or its file',
    )
}

/** What answers depend on: neither method nor training, no answers that are there, and a plugin only where it brings something. */
function askedConfig(config: Config): Config {
  const { dataset, task, student, teacherTimeout, seed, engine, plugin } = config
  const teachers = config.teachers.map(({ answers: _, fixed: __, ...teacher }) => teacher)
  const asked: Config = { dataset, student, teachers, teacherMode: 'eval', seed, engine }
  return {
    ...asked,
    ...(task && { task }),
    ...(teacherTimeout !== undefined && { teacherTimeout }),
    ...(plugin !== undefined && !isBuiltIn({ ...asked, task }) && { plugin }),
  }
}

/** Tells whether everything that a config names works without a plugin. */
function isBuiltIn({ dataset, task, student, teachers }: Config): boolean {
  const named = [student, ...teachers].flatMap(({ model }) =>
    model === undefined || isModelFile(model) ? [] : [model.name],
  )
  return (
    Object.hasOwn(builtIn.datasets, dataset.name) &&
    (task === undefined || Object.hasOwn(builtIn.tasks, task.name)) &&
    named.every((name) => Object.hasOwn(builtIn.models, name)) &&
    teachers.every(({ teacher }) => teacher === undefined)
  )
}

const endings = { stopped: 'aborted', submitted: 'submitted', done: 'done' } as const

async function keep(
  keeping: KeepingAnswers,
): Promise<Pick<KeepAnswersResult, 'ended' | 'failed' | 'answers' | 'examples' | 'perSecond'>> {
  const { jobs, common, tell } = keeping
  const early = ({ state, failed }: JobsEnd): Awaited<ReturnType<typeof keep>> => {
    return { ended: endings[state], failed, answers: [], examples: 0 }
  }
  const trained = await doJobs(await teacherJobs(keeping), 0, keeping)
  if (trained.state !== 'done') return early(trained)
  const begun = await beginAnswers(keeping)
  const examples = begun.reduce((sum, ofTeacher) => sum + ofTeacher.examples, 0)
  const started = performance.now()
  const toDo = begun.flatMap((ofTeacher) => answerJobs(ofTeacher, jobs, common))
  const made = await doJobs(toDo, examples, keeping)
  const perSecond = (1000 * examples) / (performance.now() - started)
  if (made.state !== 'done') return early(made)
  const answers: TeacherAnswers[] = []
  for (const { own, manifest } of begun) {
    const shards = await finishAnswers(own, manifest, tell)
    answers.push({
      folder: own.path,
      teacher: manifest.teacher.name,
      examples: shards.reduce((sum, { rows }) => sum + rows, 0),
      shards: shards.length,
      bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
    })
  }
  return { ended: 'done', failed: [], answers, examples, ...(examples > 0 && { perSecond }) }
}
