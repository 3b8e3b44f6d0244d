import { randomSource, train, type Dataset } from '@kd/core'
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
    const { model, own } = await makeTeacher(context, clean, config, index)
    if (context.signal?.aborted) return undefined
    const who = context.config.teachers.length > 1 ? `teacher ${index + 1}` : 'teacher'
    const ownTrain = own && (await evaluateSplit(model, own, { split: 'train' }))
    const test = clean.test && (await evaluateSplit(model, clean, { split: 'test' }))
    context.tell({ kind: 'trained', who })
    teachers.push({
      model,
      report: {
        model: config.model?.name ?? model.name,
        ...(ownTrain && { ownTrain }),
        ...(test && { test }),
      },
    })
  }
  return teachers
}

/**
 * Loads one teacher, or trains it, or takes what was trained by the same recipe for all runs.
 *
 * @param clean - the data set before label noise
 * @returns the model, and the data of its recipe if it has one
 */
export async function makeTeacher(
  context: RunContext,
  clean: Dataset,
  teacher: TeacherConfig,
  index: number,
): Promise<{ model: LayersModel; own?: Dataset }> {
  if (teacher.run !== undefined) {
    const model = await loadModel(join(teacher.run, 'student'))
    assertFits(model, clean, `teacher ${index + 1} (${teacher.run})`)
    return { model }
  }
  const seed = teacher.seed ?? context.config.seed
  const model = makeModel(teacher.model!, {
    inputShape: clean.inputShape,
    classes: clean.classNames.length,
    seed: `${seed}/teacher/${index}`,
  })
  if (teacher.weights !== undefined) {
    await loadWeights(model, teacher.weights)
    return { model }
  }
  const own = await recipeData(context.config, teacher, clean)
  const data = dataHash(own)
  if (await loadShared(context, { model, teacher, index, data })) return { model, own }
  const saved = new SavedTeacher(context.folder, index)
  const metricsBytes = await saved.load(model, data)
  if (metricsBytes === undefined) {
    await trainTeacher(context, { model, own, data, teacher, seed, index })
    if (!context.signal?.aborted) await saved.save(model, data)
  }
  context.checkpoints.beginNextFrom(metricsBytes ?? (await context.folder.metricsBytes()))
  return { model, own }
}

/** What the recipe of a teacher trains it on. */
export function recipeData({ dataset }: Config, teacher: TeacherConfig, clean: Dataset): Promise<Dataset> {
  const wanted = { take: teacher.take, labelNoise: teacher.labelNoise ?? dataset.labelNoise }
  return trainingData(clean, wanted, dataset.seed)
}

interface SharedTeacher {
  readonly model: LayersModel
  readonly teacher: TeacherConfig
  readonly index: number
  readonly data: string
}

/** Where nobody trained it for all runs, or its file is damaged, a run trains its own: to the same bits. */
async function loadShared(
  { config, teachersFolder }: RunContext,
  { model, teacher, index, data }: SharedTeacher,
): Promise<boolean> {
  if (teachersFolder === undefined) return false
  const identity = teacherIdentity({ config, teacher, index, data })
  const saved = new SavedTeacher(sharedTeacherFolder(teachersFolder, identity), index)
  return (await saved.load(model, data)) !== undefined
}

async function trainTeacher(
  { config, signal, tell, checkpoints }: RunContext,
  recipe: {
    readonly model: LayersModel
    readonly own: Dataset
    readonly data: string
    readonly teacher: TeacherConfig
    readonly seed: number
    readonly index: number
  },
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
        onEpochEnd: (metrics) => {
          tell({ kind: 'epoch', who, epochs, metrics })
        },
      },
    })
    best?.restore()
  } finally {
    settings.optimizer.dispose()
  }
}
