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
import { LabelFolder } from '../../run/answers/answer-folder.js'
import { rowBytes, type LabelForm } from './label-form.js'
import type { CommonJob, JobsContext, LabelsToDo } from './label-jobs.js'
import { shardRows, type LabelSplit } from '../../run/answers/answer-manifest.js'
import { LABEL_BATCH } from '../job/label-shards.js'
import { labelTeacher, type LabelTeacherPlace, type TeacherRecipe } from '../job/label-teacher.js'
import { planLabels } from './plan-labels.js'

/** A labelling under way. */
export interface Labelling extends JobsContext {
  readonly config: Config
  /** Before label noise. */
  readonly dataset: Dataset
  /** Of the inputs of each split that is labelled. */
  readonly hashes: ReadonlyMap<LabelSplit, string>
  /** Of each teacher of the config that has one. */
  readonly recipes: readonly (TeacherRecipe | undefined)[]
  readonly form: LabelForm
  /** How many at a time. */
  readonly jobs: number
  readonly common: CommonJob
}

/** The labels of one teacher, begun. */
export interface BegunLabels extends LabelsToDo {
  readonly own: LabelFolder
  /** How many are missing. */
  readonly examples: number
}

/**
 * Says how much there is to label and to store, before anything starts.
 *
 * @param labelling - see {@link Labelling}
 * @returns lines
 */
export function sizeText({ config, dataset, form }: Labelling): string[] {
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
function placesOf({ teachers }: Config): LabelTeacherPlace[] {
  return teachers.flatMap(({ checkpoints = [0] }, index) => checkpoints.map((_, state) => ({ index, state })))
}

/**
 * Teachers with a recipe are trained first, once for all who label.
 *
 * @param labelling - see {@link Labelling}
 * @returns a job for each teacher that is not there yet
 */
export async function teacherJobs({
  config,
  dataset,
  recipes,
  folder,
  common,
}: Labelling): Promise<TeacherJob[]> {
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
export async function beginLabels(labelling: Labelling): Promise<BegunLabels[]> {
  const { config, dataset, recipes, folder, workspace, jobs, tell } = labelling
  const begun: BegunLabels[] = []
  for (const [number, place] of placesOf(config).entries()) {
    const recipe = recipes[place.index]
    const teachersFolder = teachersIn(folder)
    const model = await labelTeacher(config, dataset, { ...place, recipe, teachersFolder })
    const own = new LabelFolder(join(folder, `labels-${number + 1}`))
    const manifest = await planLabels(config, place, { ...labelling, model, recipe })
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
  const train = pieceOf(dataset.train, 0, Math.min(LABEL_BATCH, dataset.train.ids.length))
  const first = { ...dataset, train }
  // Twice: the first pass of a model also prepares it.
  await evaluate(model, first, { split: 'train' })
  const started = performance.now()
  await evaluate(model, first, { split: 'train' })
  return (performance.now() - started) / 1000 / train.ids.length
}
