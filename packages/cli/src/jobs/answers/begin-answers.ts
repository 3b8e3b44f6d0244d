import { evaluate, type Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { basename, join } from 'node:path'
import type { Config } from '../../config/config-schema.js'
import { loadTrained } from '../../run/training/make-teachers.js'
import { pieceOf } from '../../run/data/evaluate-split.js'
import type { TeacherJob } from '../job/job.js'
import { workspacePath } from '../job/read-job.js'
import { sizeOnDisk } from '../size-on-disk.js'
import { missingShards } from './find-shards.js'
import { AnswerFolder } from '../../run/answers/answer-folder.js'
import { rowBytes, type AnswerForm } from './answer-form.js'
import type { CommonJob, JobsContext, AnswersToDo } from './answer-jobs.js'
import { shardRows, type AnswerSplit } from '../../run/answers/answer-manifest.js'
import { ANSWER_BATCH } from '../job/answer-shards.js'
import { loadAskedTeacher, type AskedTeacherPlace, type TeacherRecipe } from '../job/asked-teacher.js'
import { planAnswers } from './plan-answers.js'

/** A labelling under way. */
export interface KeepingAnswers extends JobsContext {
  readonly config: Config
  /** Before label noise. */
  readonly dataset: Dataset
  /** Of the inputs of each split that is labelled. */
  readonly hashes: ReadonlyMap<AnswerSplit, string>
  /** Of each teacher of the config that has one. */
  readonly recipes: readonly (TeacherRecipe | undefined)[]
  readonly form: AnswerForm
  /** How many at a time. */
  readonly jobs: number
  readonly common: CommonJob
}

/** The labels of one teacher, begun. */
export interface BegunAnswers extends AnswersToDo {
  readonly own: AnswerFolder
  /** How many are missing. */
  readonly examples: number
}

/**
 * Says how much there is to label and to store, before anything starts.
 *
 * @param labelling - see {@link KeepingAnswers}
 * @returns lines
 */
export function sizeText({ config, dataset, form }: KeepingAnswers): string[] {
  const classes = dataset.classNames.length
  const sizes = form.splits.map((split) => dataset[split]!.ids.length)
  const examples = sizes.reduce((sum, size) => sum + size, 0)
  const shards = sizes.reduce((sum, size) => sum + Math.ceil(size / form.rowsPerShard), 0)
  const teachers = placesOf(config).length
  const bytes = teachers * examples * rowBytes(form, classes)
  const who = teachers === 1 ? '1 teacher' : `${teachers} teachers`
  const kept = form.top === undefined ? `${classes}` : `the ${form.top} greatest of ${classes}`
  const size =
    `labels of ${examples} examples (${form.splits.join(', ')}) by ${who}, ${kept} logits as ${form.dtype}: ` +
    `${sizeOnDisk(bytes)} in ${teachers * shards} shards`
  if (config.dataset.augmentation === undefined) return [size]
  return [size, 'labels are of images as they are: dataset.augmentation does not touch them']
}

/** Every teacher, and every checkpoint of one, in the order of a run. */
function placesOf({ teachers }: Config): AskedTeacherPlace[] {
  return teachers.flatMap(({ checkpoints = [0] }, index) => checkpoints.map((_, state) => ({ index, state })))
}

/**
 * Teachers with a recipe are trained first, once for all who label.
 *
 * @param labelling - see {@link KeepingAnswers}
 * @returns a job for each teacher that is not there yet
 */
export async function teacherJobs({
  config,
  dataset,
  recipes,
  folder,
  common,
}: KeepingAnswers): Promise<TeacherJob[]> {
  const jobs: TeacherJob[] = []
  for (const [index, recipe] of recipes.entries()) {
    if (recipe === undefined) continue
    const { data, id } = recipe
    const context = { config, teachersFolder: teachersIn(folder) }
    const there = await loadTrained(context, dataset, { index, data })
    for (const model of there ?? []) model.dispose()
    if (there === undefined)
      jobs.push({ kind: 'teacher', id, name: `teacher ${id.slice(0, 8)}`, index, ...common })
  }
  return jobs
}

/** Where a labelling keeps the teachers that were trained for it. */
export function teachersIn(folder: string): string {
  return join(folder, 'teachers')
}

/**
 * Begins the labels of every teacher, or takes up those that are there, and says how long the rest will take.
 *
 * @param labelling - whose teachers are trained
 * @returns what is to do
 */
export async function beginAnswers(labelling: KeepingAnswers): Promise<BegunAnswers[]> {
  const { config, dataset, recipes, folder, workspace, jobs, tell } = labelling
  const begun: BegunAnswers[] = []
  for (const [number, place] of placesOf(config).entries()) {
    const recipe = recipes[place.index]
    const teachersFolder = teachersIn(folder)
    const model = await loadAskedTeacher(config, dataset, { ...place, recipe, teachersFolder })
    const own = new AnswerFolder(join(folder, `labels-${number + 1}`))
    const manifest = await planAnswers(config, place, { ...labelling, model, recipe })
    const missing = await missingShards(own, manifest, tell)
    const examples = missing.reduce((sum, shard) => sum + shardRows(manifest, shard), 0)
    const seconds = examples === 0 ? 0 : (examples * (await secondsPerExample(model, dataset))) / jobs
    model.dispose()
    const left = `${missing.length} shards to do, about ${Math.max(1, Math.ceil(seconds))} s`
    tell({ kind: 'message', text: `${own.path}: ${examples === 0 ? 'all shards are there' : left}` })
    const path = workspacePath(workspace, own.path)
    begun.push({ ...place, own, name: basename(own.path), folder: path, manifest, missing, examples })
  }
  return begun
}

async function secondsPerExample(model: LayersModel, dataset: Dataset): Promise<number> {
  const train = pieceOf(dataset.train, 0, Math.min(ANSWER_BATCH, dataset.train.ids.length))
  const first = { ...dataset, train }
  // Twice: the first pass of a model also prepares it.
  await evaluate(model, first, { split: 'train' })
  const started = performance.now()
  await evaluate(model, first, { split: 'train' })
  return (performance.now() - started) / 1000 / train.ids.length
}
