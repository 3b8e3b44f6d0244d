import { KdError, randomSource, train, type Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { join } from 'node:path'
import type { Config, TeacherConfig } from '../config/config-schema.js'
import { makeModel } from '../models.js'
import { assertFits } from './assert-fits.js'
import { evaluateSplit } from './evaluate-split.js'
import { dataHash } from './environment.js'
import { teacherIdentity } from './identity.js'
import { makeBatches } from './make-batches.js'
import { makeTraining } from './make-training.js'
import { trainingData } from './prepare-dataset.js'
import type { RunContext } from './run-context.js'
import type { RunFolder } from './run-folder.js'
import type { TeacherReport } from './run-result.js'
import { loadModel, loadWeights } from './saved-model.js'
import { SavedTeacher } from './saved-teacher.js'
import { sharedTeacherFolder } from './shared-teacher-folder.js'

/** A teacher ready to teach, and what is known of it before it does. */
export interface ReadyTeacher {
  readonly model: LayersModel
  readonly report: Omit<TeacherReport, 'train'>
}

/**
 * Loads the teachers of a config, or trains them by their recipes.
 *
 * @param clean - the data set before label noise, of which each recipe makes its own
 * @returns undefined when the run was ended meanwhile
 */
export async function makeTeachers(context: RunContext, clean: Dataset): Promise<ReadyTeacher[] | undefined> {
  const teachers: ReadyTeacher[] = []
  for (const [index, config] of context.config.teachers.entries()) {
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
  const fresh = (): LayersModel =>
    makeModel(teacher.model!, {
      inputShape: clean.inputShape,
      classes: clean.classNames.length,
      seed: `${seed}/teacher/${index}`,
    })
  if (teacher.weights !== undefined) {
    const model = fresh()
    await loadWeights(model, teacher.weights)
    return { states: [{ model }] }
  }
  const states: TeacherState[] = teacher.checkpoints?.map((epoch) => ({ model: fresh(), epoch })) ?? [
    { model: fresh() },
  ]
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
      await trainCheckpoints(context, { ...recipe, model: fresh() })
      metricsBytes = await loadStates(context.folder, { states, index, data })
      if (metricsBytes === undefined && !context.signal?.aborted) {
        throw new KdError(
          `teacher ${index + 1} must reach its checkpoints ${teacher.checkpoints.join(', ')}, got an early stop before`,
          { hint: 'leave earlyStop out of its training' },
        )
      }
    }
  }
  context.checkpoints.beginNextFrom(metricsBytes ?? (await context.folder.metricsBytes()))
  return { states, own }
}

/** What the recipe of a teacher trains it on. */
export function recipeData({ dataset }: Config, teacher: TeacherConfig, clean: Dataset): Promise<Dataset> {
  const wanted = { take: teacher.take, labelNoise: teacher.labelNoise ?? dataset.labelNoise }
  return trainingData(clean, wanted, dataset.seed)
}

interface TeacherStates {
  readonly states: readonly TeacherState[]
  readonly index: number
  /** Hash of the recipe's data. */
  readonly data: string
}

/** Where nobody trained it for all runs, or its file is damaged, a run trains its own: to the same bits. */
async function loadShared(
  { config, teachersFolder }: RunContext,
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

interface Recipe {
  readonly model: LayersModel
  readonly own: Dataset
  readonly data: string
  readonly teacher: TeacherConfig
  readonly seed: number
  readonly index: number
}

/** Saves each checkpoint when it is reached, so that a run that goes on finds it. */
async function trainCheckpoints(context: RunContext, recipe: Recipe): Promise<void> {
  const { model, teacher, index, data } = recipe
  await trainTeacher(context, recipe, async (epoch) => {
    if (teacher.checkpoints!.includes(epoch))
      await new SavedTeacher(context.folder, index, epoch).save(model, data)
  })
  model.dispose()
}

async function trainTeacher(
  { config, signal, tell, checkpoints }: RunContext,
  recipe: Recipe,
  afterEpoch: (epoch: number) => Promise<void>,
): Promise<void> {
  const { model, own, data, teacher, seed, index } = recipe
  const who = config.teachers.length > 1 ? `teacher ${index + 1}` : 'teacher'
  const { epochs } = teacher.training!
  const settings = makeTraining(teacher.training!)
  const { resume, onCheckpoint } = await checkpoints.training(`teacher-${index + 1}`, [data])
  tell({ kind: 'training', who, epochs })
  try {
    const { best } = await train({
      model,
      dataset: own,
      ...settings,
      ...makeBatches(own, config.dataset.augmentation),
      seed: randomSource(seed).split('teacher').split(index).seed(),
      ...(signal && { signal }),
      ...(resume && { resume }),
      callbacks: {
        onCheckpoint,
        onStep: (step) => {
          tell({ kind: 'step', who, step })
        },
        onEpochEnd: async (metrics) => {
          tell({ kind: 'epoch', who, epochs, metrics })
          await afterEpoch(metrics.epoch + 1)
        },
      },
    })
    best?.restore()
  } finally {
    settings.optimizer.dispose()
  }
}
