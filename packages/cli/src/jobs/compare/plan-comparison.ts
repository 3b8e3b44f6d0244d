import { KdError, selectEngine, taskOf, type AnyDataset, type EngineName } from '@kd/core'
import { join } from 'node:path'
import type { ConfigInput, Config } from '../../config/config-schema.js'
import { mapConfigPaths } from '../../config/config-paths.js'
import type { TaskReport } from '../../run/log/run-result.js'
import type { NamedConfig } from '../../run/model/config-model.js'
import { dataHash } from '../../run/origin/environment.js'
import { runIdentity, teacherIdentity } from '../../run/origin/identity.js'
import { prepareDataset, recipeData, trainingData } from '../../run/data/prepare-dataset.js'
import type { OnRunProgress } from '../../run/log/run-progress.js'
import type { DistillJob, Job, TeacherJob } from '../job/job.js'
import { workspacePath } from '../job/read-job.js'
import type { ComparisonPoint, ReadComparison } from './read-comparison.js'

/** A run of a comparison and the job that does it. */
export interface PlannedRun {
  readonly point: ComparisonPoint
  readonly job: DistillJob
}

/** Everything that a comparison has to do. */
export interface ComparisonPlan {
  readonly engine: EngineName
  /** What all runs learn. */
  readonly task: TaskReport
  readonly runs: readonly PlannedRun[]
  /** Trained once for all runs that need the same. */
  readonly teachers: readonly TeacherJob[]
}

/** What a plan is made for. */
export interface PlanOptions {
  /** The engine that takes the place of the configs' own. */
  readonly engine?: EngineName | undefined
  /** Absolute. */
  readonly workspace: string
  /** The comparison's, absolute. */
  readonly folder: string
  /** The threads of each job. */
  readonly threads: number
  readonly tell: OnRunProgress
}

/**
 * Works out the identity of every run, and which teachers they share. It loads the data and trains nothing.
 *
 * @param comparison - checked
 * @param options - see {@link PlanOptions}
 * @returns the jobs
 * @throws {@link KdError} when an engine or a data set does not load, or has no test split; when two runs learn different tasks
 */
export async function planComparison(
  { points }: ReadComparison,
  { engine: wanted, workspace, folder, threads, tell }: PlanOptions,
): Promise<ComparisonPlan> {
  const engine = (await selectEngine(wanted ?? points[0]!.read.config.engine)).name
  const data = new ComparisonData(tell)
  const common = { teachers: workspacePath(workspace, join(folder, 'teachers')), threads }
  const teachers = new Map<string, TeacherJob>()
  const runs: PlannedRun[] = []
  for (const point of points) {
    const config = { ...point.read.config, engine }
    const named = { config, catalogue: point.read.catalogue }
    const transported = transportable(config, workspace)
    const needs: string[] = []
    for (const [index, teacher] of config.teachers.entries()) {
      if (teacher.training === undefined || teacher.answers !== undefined) continue
      const id = teacherIdentity({ config, teacher, index, data: await data.ofTeacher(named, index) })
      const name = `teacher ${id.slice(0, 8)} (seed ${teacher.seed ?? config.seed})`
      teachers.set(id, { kind: 'teacher', id, name, index, config: transported, needs: [], ...common })
      needs.push(id)
    }
    const id = await runIdentity(config, await data.ofStudent(named))
    const name = [...Object.values(point.labels), `seed ${point.seed}`].join(', ')
    const path = workspacePath(workspace, join(folder, 'runs', `${slug(name)}-${id.slice(0, 12)}`))
    const job: DistillJob = {
      kind: 'distill',
      id,
      name: name.slice(0, 200),
      folder: path,
      config: transported,
      needs,
      ...common,
    }
    runs.push({ point, job })
  }
  return { engine, task: data.task, runs, teachers: [...teachers.values()] }
}

/** All jobs of a plan, those of equal id once: two settings can come to the same run. */
export function jobsOf({ runs, teachers }: Pick<ComparisonPlan, 'runs' | 'teachers'>): Job[] {
  return [
    ...new Map<string, Job>(
      [...teachers, ...runs.map(({ job }) => job)].map((job) => [job.id, job]),
    ).values(),
  ]
}

/** Plain data without keys that are undefined, as it arrives on another machine. */
export function transportable(config: Config, workspace: string): ConfigInput {
  const moved = mapConfigPaths(config, (path) => workspacePath(workspace, path))
  return JSON.parse(JSON.stringify(moved)) as ConfigInput
}

/** A name that is safe as a folder's on every system. */
function slug(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9.]+/g) ?? []
  return (
    words
      .join('-')
      .replace(/\.+(?=-|$)/g, '')
      .replace(/^[.-]+/, '')
      .slice(0, 80) || 'run'
  )
}

/** Hashes of the data of configs, and their task; data sets that were prepared for one serve the next. */
class ComparisonData {
  readonly #tell: OnRunProgress
  readonly #hashes = new Map<string, string>()
  #last: { readonly key: string; readonly dataset: AnyDataset } | undefined
  #task: TaskReport | undefined

  constructor(tell: OnRunProgress) {
    this.#tell = tell
  }

  /** The task of all data that were loaded. */
  get task(): TaskReport {
    return this.#task!
  }

  ofStudent(named: NamedConfig): Promise<string> {
    const { dataset, task, student } = named.config
    const { labelNoise, seed } = dataset
    return this.#hash([dataset, task, student.take, student.part, labelNoise], async () =>
      trainingData(await this.#clean(named), { ...student, labelNoise }, seed),
    )
  }

  ofTeacher(named: NamedConfig, index: number): Promise<string> {
    const { config } = named
    const teacher = config.teachers[index]!
    const noise = teacher.labelNoise ?? config.dataset.labelNoise
    return this.#hash([config.dataset, config.task, teacher.take, noise], async () =>
      recipeData(config, teacher, await this.#clean(named)),
    )
  }

  async #hash(key: unknown, load: () => Promise<AnyDataset>): Promise<string> {
    const name = JSON.stringify(key)
    const found = this.#hashes.get(name) ?? dataHash(await load())
    this.#hashes.set(name, found)
    return found
  }

  async #clean(named: NamedConfig): Promise<AnyDataset> {
    const key = JSON.stringify([named.config.dataset, named.config.task])
    if (this.#last?.key === key) return this.#last.dataset
    const dataset = await prepareDataset(named, this.#tell)
    if (dataset.test === undefined) {
      throw new KdError(`compare: dataset must have a test split, got ${dataset.name} without one`, {
        hint: 'hold one out with dataset.test=0.1, or name a file with dataset.testPath',
      })
    }
    const { name, monitor, kinds } = taskOf(dataset)
    if (this.#task !== undefined && this.#task.name !== name) {
      throw new KdError(`compare: all runs must learn one task, got ${this.#task.name} and ${name}`)
    }
    this.#task ??= { name, monitor, kinds }
    this.#last = { key, dataset }
    return dataset
  }
}
