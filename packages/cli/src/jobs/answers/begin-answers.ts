import { evaluate, type AnyDataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { basename, join } from 'node:path'
import type { Config } from '../../config/config-schema.js'
import type { NamedConfig } from '../../run/model/config-model.js'
import { loadTrained } from '../../run/training/make-teachers.js'
import { disposeTeachers } from '../../run/training/open-teachers.js'
import type { TeacherJob } from '../job/job.js'
import { workspacePath } from '../job/read-job.js'
import { sizeOnDisk } from '../size-on-disk.js'
import { missingShards } from './find-shards.js'
import { AnswerFolder } from '../../run/answers/answer-folder.js'
import { rowBytes, type AnswerForm } from './answer-form.js'
import type { CommonJob, JobsContext, AnswersToDo } from './answer-jobs.js'
import { shardRows, type AnswerSplit } from '../../run/answers/answer-manifest.js'
import { ANSWER_BATCH, rowsOf } from '../job/answer-shards.js'
import { loadAskedTeacher, type AskedTeacherPlace } from '../job/asked-teacher.js'
import { folderOfTeacher } from './open-answers-folder.js'
import { planAnswers } from './plan-answers.js'

/** What stays the same while answers are kept. */
export interface KeepingAnswers extends JobsContext {
  /** The config, with its engine; no teacher has answers. */
  readonly named: NamedConfig
  /** Before label noise. */
  readonly dataset: AnyDataset
  /** The hash of the inputs of each split that teachers are asked about. */
  readonly hashes: ReadonlyMap<AnswerSplit, string>
  /** The identity of each teacher's recipe; undefined for a teacher without. */
  readonly recipes: readonly (string | undefined)[]
  readonly form: AnswerForm
  /** How many at a time. */
  readonly jobs: number
  readonly common: CommonJob
}

/** The answers of one teacher, begun. */
export interface BegunAnswers extends AnswersToDo {
  readonly own: AnswerFolder
  /** How many are missing. */
  readonly examples: number
}

/**
 * Says how much there is to ask and to store, before anything starts.
 *
 * @param keeping - see {@link KeepingAnswers}
 * @returns lines
 */
export function sizeText({ named: { config }, dataset, form }: KeepingAnswers): string[] {
  const classes = dataset.classNames.length
  const sizes = form.splits.map((split) => dataset[split]!.ids.length)
  const examples = sizes.reduce((sum, size) => sum + size, 0)
  const shards = sizes.reduce((sum, size) => sum + Math.ceil(size / form.rowsPerShard), 0)
  const teachers = placesOf(config).length
  const bytes = teachers * examples * rowBytes(form, classes)
  const who = teachers === 1 ? '1 teacher' : `${teachers} teachers`
  const kept = form.top === undefined ? `${classes}` : `the ${form.top} greatest of ${classes}`
  const size =
    `answers about ${examples} examples (${form.splits.join(', ')}) by ${who}, ${kept} logits as ${form.dtype}: ` +
    `${sizeOnDisk(bytes)} in ${teachers * shards} shards`
  if (config.dataset.augmentation === undefined) return [size]
  return [size, 'answers are about images as they are: dataset.augmentation does not touch them']
}

/** Every teacher, and every checkpoint of one, in the order of a run. */
function placesOf({ teachers }: Config): AskedTeacherPlace[] {
  return teachers.flatMap(({ checkpoints = [0] }, index) => checkpoints.map((_, state) => ({ index, state })))
}

/**
 * Says which teachers have to be trained by their recipes first, once for all who ask them.
 *
 * @param keeping - see {@link KeepingAnswers}
 * @returns a job for each teacher that is not there yet
 */
export async function teacherJobs({
  named,
  dataset,
  recipes,
  folder,
  common,
}: KeepingAnswers): Promise<TeacherJob[]> {
  const jobs: TeacherJob[] = []
  const teachersFolder = teachersIn(folder)
  for (const [index, id] of recipes.entries()) {
    if (id === undefined) continue
    const there = await loadTrained({ ...named, teachersFolder }, dataset, index)
    for (const model of there ?? []) model.dispose()
    if (there === undefined)
      jobs.push({ kind: 'teacher', id, name: `teacher ${id.slice(0, 8)}`, index, ...common })
  }
  return jobs
}

/** Gives the folder of the teachers that are trained in order to be asked. */
export function teachersIn(folder: string): string {
  return join(folder, 'teachers')
}

/**
 * Begins the answers of every teacher, or takes up those that are there, and says how long the rest will take.
 *
 * @param keeping - whose teachers are trained
 * @returns what is to do
 */
export async function beginAnswers(keeping: KeepingAnswers): Promise<BegunAnswers[]> {
  const { named, dataset, recipes, folder, workspace, tell } = keeping
  const begun: BegunAnswers[] = []
  for (const [number, place] of placesOf(named.config).entries()) {
    const recipe = recipes[place.index]
    const teachersFolder = teachersIn(folder)
    const model = await loadAskedTeacher(named, dataset, { ...place, teachersFolder })
    const own = new AnswerFolder(await folderOfTeacher(folder, number + 1))
    const manifest = await planAnswers(named, place, { ...keeping, model, recipe })
    const missing = await missingShards(own, manifest, tell)
    const examples = missing.reduce((sum, shard) => sum + shardRows(manifest, shard), 0)
    const time = examples === 0 || !('layers' in model) ? '' : await timeText(model, keeping, examples)
    disposeTeachers([{ states: [{ teacher: model }] }])
    const left = `${missing.length} shards to do${time}`
    tell({ kind: 'message', text: `${own.path}: ${examples === 0 ? 'all shards are there' : left}` })
    const path = workspacePath(workspace, own.path)
    begun.push({ ...place, own, name: basename(own.path), folder: path, manifest, missing, examples })
  }
  return begun
}

/** Only of a model that computes here: asking another teacher twice for nothing may cost time and money. */
async function timeText(
  teacher: LayersModel,
  { dataset, jobs }: Pick<KeepingAnswers, 'dataset' | 'jobs'>,
  examples: number,
): Promise<string> {
  const count = Math.min(ANSWER_BATCH, dataset.train.ids.length)
  const first = rowsOf(dataset, 'train', { from: 0, end: count })
  // Twice: the first pass of a model also prepares it.
  await evaluate(teacher, first, { split: 'train' })
  const started = performance.now()
  await evaluate(teacher, first, { split: 'train' })
  const seconds = ((performance.now() - started) / 1000) * (examples / count / jobs)
  return `, about ${Math.max(1, Math.ceil(seconds))} s`
}
