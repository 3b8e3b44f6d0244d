import { KdError, type Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { join } from 'node:path'
import type { Config, TeacherConfig } from '../../config/config-schema.js'
import type { StoredLabels } from '../labels/stored-labels.js'
import { assertFits, teacherModel } from '../model/config-model.js'
import { evaluateSplit } from '../data/evaluate-split.js'
import { dataHash } from '../origin/environment.js'
import { teacherIdentity } from '../origin/identity.js'
import { recipeData } from '../data/prepare-dataset.js'
import type { RunContext } from './run-context.js'
import type { RunFolder } from '../folder/run-folder.js'
import { RunLog } from '../log/run-log.js'
import type { TeacherReport } from '../log/run-result.js'
import { loadModel, loadWeights } from '../model/saved-model.js'
import { SavedTeacher } from './saved-teacher.js'
import { sharedTeacherFolder } from './shared-teacher-folder.js'
import { trainCheckpoints, trainTeacher } from './train-recipe.js'

/** A teacher ready to teach, and what is known of it before it does. */
export interface ReadyTeacher {
  readonly model: LayersModel | StoredLabels
  readonly report: Omit<TeacherReport, 'train'>
}

/**
 * Loads the teachers of a config, or trains them by their recipes. Where one has labels, these speak for it.
 *
 * @param clean - the data set before label noise, of which each recipe makes its own
 * @param labels - by the place of their teacher
 * @returns undefined when the run was ended meanwhile
 */
export async function makeTeachers(
  context: RunContext,
  clean: Dataset,
  labels: readonly (StoredLabels | undefined)[],
): Promise<ReadyTeacher[] | undefined> {
  const teachers: ReadyTeacher[] = []
  for (const [index, config] of context.config.teachers.entries()) {
    const labelled = labels[index]
    if (labelled !== undefined) {
      teachers.push(await labelledTeacher(labelled, clean))
      continue
    }
    const { states, own } = await makeTeacher(context, clean, config, index)
    if (context.signal?.aborted) return undefined
    const who = context.config.teachers.length > 1 ? `teacher ${index + 1}` : 'teacher'
    for (const { model, epoch } of states) {
      const ownTrain = own && (await evaluateSplit(model, own, { split: 'train' }))
      const test = clean.test && (await evaluateSplit(model, clean, { split: 'test' }))
      const name = config.model?.name ?? model.name
      teachers.push({
        model,
        report: {
          model: epoch === undefined ? name : `${name} after epoch ${epoch}`,
          ...(ownTrain && { ownTrain }),
          ...(test && { test }),
        },
      })
    }
    context.tell({ kind: 'trained', who })
  }
  return teachers
}

async function labelledTeacher(model: StoredLabels, clean: Dataset): Promise<ReadyTeacher> {
  const test = model.has('test') && (await evaluateSplit(model, clean, { split: 'test' }))
  return { model, report: { model: `${model.name}, by its labels`, ...(test && { test }) } }
}

/** How many teachers a config makes: a recipe with checkpoints makes several. */
export function countTeachers(teachers: readonly TeacherConfig[]): number {
  return teachers.reduce((sum, { checkpoints }) => sum + (checkpoints?.length ?? 1), 0)
}

/** A teacher, or one of the checkpoints of its recipe. */
interface TeacherState {
  readonly model: LayersModel
  /** From 1, of a checkpoint. */
  readonly epoch?: number
}

/** What one entry of `teachers` gives. */
interface MadeTeacher {
  /** One, or as many as there are checkpoints, the latest last. */
  readonly states: readonly TeacherState[]
  /** What its recipe trained it on. */
  readonly own?: Dataset
}

/**
 * Loads one teacher, or trains it, or takes what was trained by the same recipe for all runs.
 *
 * @param clean - the data set before label noise
 * @returns the models, and the data of its recipe if it has one
 */
export async function makeTeacher(
  context: RunContext,
  clean: Dataset,
  teacher: TeacherConfig,
  index: number,
): Promise<MadeTeacher> {
  if (teacher.run !== undefined) {
    const model = await loadModel(join(teacher.run, 'student'))
    assertFits(model, clean, `teacher ${index + 1} (${teacher.run})`)
    return { states: [{ model }] }
  }
  const seed = teacher.seed ?? context.config.seed
  if (teacher.weights !== undefined) {
    const model = teacherModel(context.config, index, clean)
    await loadWeights(model, teacher.weights)
    return { states: [{ model }] }
  }
  const states = freshStates(context.config, index, clean)
  const own = await recipeData(context.config, teacher, clean)
  const data = dataHash(own)
  if (await loadShared(context, { states, teacher, index, data })) return { states, own }
  let metricsBytes = await loadStates(context.folder, { states, index, data })
  if (metricsBytes === undefined) {
    const recipe = { own, data, teacher, seed, index }
    if (teacher.checkpoints === undefined) {
      const [{ model }] = states as [TeacherState]
      await trainTeacher(context, { ...recipe, model }, () => Promise.resolve())
      if (!context.signal?.aborted) await new SavedTeacher(context.folder, index).save(model, data)
    } else {
      const model = teacherModel(context.config, index, clean)
      await trainCheckpoints(context, { ...recipe, model })
      metricsBytes = await loadStates(context.folder, { states, index, data })
      if (metricsBytes === undefined && !context.signal?.aborted) {
        throw new KdError(
          `teacher ${index + 1} must reach its checkpoints ${teacher.checkpoints.join(', ')}, got an early stop before`,
          { hint: 'leave earlyStop out of its training' },
        )
      }
    }
  }
  context.checkpoints.beginNextFrom(metricsBytes ?? (await new RunLog(context.folder).bytes()))
  return { states, own }
}

/** As many models as a recipe makes, not trained. */
function freshStates(config: Config, index: number, clean: Dataset): TeacherState[] {
  const model = (): LayersModel => teacherModel(config, index, clean)
  return (
    config.teachers[index]!.checkpoints?.map((epoch) => ({ model: model(), epoch })) ?? [{ model: model() }]
  )
}

/**
 * Loads a teacher that was trained by its recipe for all who need the same.
 *
 * @param context - of whoever needs it
 * @param clean - the data set before label noise
 * @param place - which teacher, and the hash of its recipe's data
 * @returns its models; undefined where nobody has trained it, or its file is damaged
 */
export async function loadTrained(
  context: Pick<RunContext, 'config' | 'teachersFolder'>,
  clean: Dataset,
  { index, data }: Pick<TeacherStates, 'index' | 'data'>,
): Promise<LayersModel[] | undefined> {
  const teacher = context.config.teachers[index]!
  const states = freshStates(context.config, index, clean)
  const models = states.map(({ model }) => model)
  if (await loadShared(context, { states, teacher, index, data })) return models
  for (const model of models) model.dispose()
  return undefined
}

interface TeacherStates {
  readonly states: readonly TeacherState[]
  readonly index: number
  /** Hash of the recipe's data. */
  readonly data: string
}

/** Where nobody trained it for all runs, or its file is damaged, a run trains its own: to the same bits. */
async function loadShared(
  { config, teachersFolder }: Pick<RunContext, 'config' | 'teachersFolder'>,
  { teacher, ...saved }: TeacherStates & { readonly teacher: TeacherConfig },
): Promise<boolean> {
  if (teachersFolder === undefined) return false
  const identity = teacherIdentity({ config, teacher, index: saved.index, data: saved.data })
  return (await loadStates(sharedTeacherFolder(teachersFolder, identity), saved)) !== undefined
}

/** How long metrics.jsonl was after the last of them; undefined unless all are there. */
async function loadStates(
  folder: RunFolder,
  { states, index, data }: TeacherStates,
): Promise<number | undefined> {
  let metricsBytes: number | undefined
  for (const { model, epoch } of states) {
    metricsBytes = await new SavedTeacher(folder, index, epoch).load(model, data)
    if (metricsBytes === undefined) return undefined
  }
  return metricsBytes
}
