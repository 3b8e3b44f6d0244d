import { selectEngine, type EngineName } from '@kd/core'
import { availableParallelism } from 'node:os'
import { basename, extname, join } from 'node:path'
import { transportable } from '../compare/plan-comparison.js'
import { workspaceOf } from '../compare/run-comparison.js'
import type { Config, ConfigInput } from '../../config/config-schema.js'
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
import { doJobs, answerJobs, type JobsEnd } from './answer-jobs.js'
import { isAnswersOnly } from '../../config/answer-rules.js'
import { teacherRecipe } from '../job/asked-teacher.js'
import { beginAnswers, sizeText, teacherJobs, teachersIn, type KeepingAnswers } from './begin-answers.js'
import { openAnswersFolder } from './open-folder.js'

/** How a labelling is started. */
export interface KeepAnswersOptions extends AnswerFormOptions {
  /** `key=value` each, in place of the config's own values. */
  readonly overrides?: readonly string[]
  /** In place of the config's engine. */
  readonly engine?: EngineName
  /** Folder of the labels: what is done in it is not done again. @defaultValue `runs/<config>-labels` */
  readonly out?: string
  /** Whether other labels in `out` are replaced. @defaultValue false */
  readonly force?: boolean
  /** How many jobs the shards are shared out over, each a process here; 1: this one. @defaultValue 1 */
  readonly jobs?: number
  /** Of each process, for an engine that uses more than one. @defaultValue the machine's, divided by `jobs` */
  readonly threads?: number
  /** Where shards are labelled. @defaultValue this process, or the local runner in `jobs` processes */
  readonly runner?: Runner
  /** Folder that a runner's machines share; `out` lies in it. @defaultValue `out` */
  readonly workspace?: string
  /** Told what goes on. */
  readonly onProgress?: OnRunProgress
  /** Ends the labelling; shards that are whole stay. */
  readonly signal?: AbortSignal
}

/** The labels of one teacher. */
export interface TeacherAnswers {
  /** What `teachers: [{ labels }]` takes. */
  readonly folder: string
  readonly teacher: string
  readonly examples: number
  readonly shards: number
  readonly bytes: number
}

/** What a labelling came to. */
export interface KeepAnswersResult {
  readonly folder: string
  readonly dataset: string
  readonly engine: string
  /** `submitted`: handed to something that outlives this process; the same call, later, ends it. */
  readonly ended: 'done' | 'aborted' | 'submitted'
  /** Of each teacher and each checkpoint; none unless it was done. */
  readonly labels: readonly TeacherAnswers[]
  /** Of those that were submitted, what failed and why since the last call; submitted again. */
  readonly failed: readonly FailedJob[]
  /** Labelled now; the others were there. */
  readonly examples: number
  /** Of these; absent where there were none. */
  readonly perSecond?: number
  readonly seconds: number
}

/**
 * Lets the teachers of a config label its data set once, so that many students can be trained without them: what `kd label`
 * does. Called again it goes on with the shards that are missing.
 *
 * @param source - path of a YAML or JSON config, or its content; `method` and `training` may be missing
 * @param options - see {@link KeepAnswersOptions}
 * @returns where the labels are
 * @throws {@link ConfigError} for a config, {@link UsageError} for an option or a folder of other labels, {@link KdError} for
 *   anything later
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { runDistillation, keepAnswers } from '@kd/cli'
 *
 * const config = {
 *   dataset: { name: 'digits' },
 *   student: { model: { name: 'mlp', hiddenUnits: [8] } },
 *   method: { name: 'vanilla-kd' },
 *   training: { epochs: 1 },
 *   engine: 'cpu',
 * } as const
 * const teacher = { model: { name: 'mlp', hiddenUnits: [32] }, training: { epochs: 1 } } as const
 * const labelling = await keepAnswers({ ...config, teachers: [teacher] }, { out: join(tmpdir(), 'my-labels') })
 * const { folder } = labelling.labels[0]!
 * const run = await runDistillation({ ...config, teachers: [{ labels: folder }] }, { out: join(tmpdir(), 'labelled'), force: true })
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
  assertTeachers(read.config)
  const engine = await selectEngine(options.engine ?? read.config.engine)
  const config = askedConfig({ ...read.config, engine: engine.name })
  const dataset = await prepareDataset(config.dataset, tell)
  const form = answerForm(options, dataset)
  const name = `${basename(read.name, extname(read.name))}-labels`
  const folder = await openAnswersFolder(options.out ?? join('runs', name), options.force ?? false)
  const workspace = workspaceOf(options, folder)
  const runner = options.runner ?? (jobs === 1 ? inProcessRunner() : localRunner(jobs))
  const labelling: KeepingAnswers = {
    ...{ config, dataset, form, folder, jobs, runner, workspace, signal, tell },
    hashes: new Map(form.splits.map((split) => [split, inputsHash(dataset[split]!)])),
    recipes: await Promise.all(config.teachers.map((_, index) => teacherRecipe(config, index, dataset))),
    common: {
      config: transportable(config, workspace),
      teachers: workspacePath(workspace, teachersIn(folder)),
      threads: options.threads ?? Math.max(1, Math.floor(availableParallelism() / jobs)),
      needs: [],
    },
  }
  for (const text of sizeText(labelling)) tell({ kind: 'message', text })
  const found = await label(labelling)
  const seconds = (performance.now() - started) / 1000
  return { folder, dataset: dataset.name, engine: engine.name, ...found, seconds }
}

function assertTeachers({ teachers }: Config): void {
  if (teachers.length === 0)
    throw new UsageError('kd label must have a teacher, got none', 'add one to teachers')
  const index = teachers.findIndex(isAnswersOnly)
  if (index !== -1)
    throw new UsageError(
      `kd label must have a teacher to ask, got labels as teachers.${index}`,
      'name the teacher: its run, or its model with weights or training',
    )
}

/** What labels depend on: neither method nor training, and no labels that are there. */
function askedConfig({ dataset, student, teachers, seed, engine }: Config): Config {
  const asked = teachers.map(({ labels: _, fixed: __, ...teacher }) => teacher)
  return { dataset, student, teachers: asked, teacherMode: 'eval', seed, engine }
}

const endings = { stopped: 'aborted', submitted: 'submitted', done: 'done' } as const

async function label(
  labelling: KeepingAnswers,
): Promise<Pick<KeepAnswersResult, 'ended' | 'failed' | 'labels' | 'examples' | 'perSecond'>> {
  const { jobs, common, tell } = labelling
  const early = ({ state, failed }: JobsEnd): Awaited<ReturnType<typeof label>> => {
    return { ended: endings[state], failed, labels: [], examples: 0 }
  }
  const trained = await doJobs(await teacherJobs(labelling), 0, labelling)
  if (trained.state !== 'done') return early(trained)
  const begun = await beginAnswers(labelling)
  const examples = begun.reduce((sum, labels) => sum + labels.examples, 0)
  const started = performance.now()
  const toDo = begun.flatMap((labels) => answerJobs(labels, jobs, common))
  const labelled = await doJobs(toDo, examples, labelling)
  const perSecond = (1000 * examples) / (performance.now() - started)
  if (labelled.state !== 'done') return early(labelled)
  const labels: TeacherAnswers[] = []
  for (const { own, manifest } of begun) {
    const shards = await finishAnswers(own, manifest, tell)
    labels.push({
      folder: own.path,
      teacher: manifest.teacher.name,
      examples: shards.reduce((sum, { rows }) => sum + rows, 0),
      shards: shards.length,
      bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
    })
  }
  return { ended: 'done', failed: [], labels, examples, ...(examples > 0 && { perSecond }) }
}
