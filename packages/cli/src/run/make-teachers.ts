import { KdError, randomSource, train, type Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { join } from 'node:path'
import type { Config, TeacherConfig } from '../config/config-schema.js'
import { makeModel } from '../models.js'
import { assertFits } from './assert-fits.js'
import { evaluateSplit } from './evaluate-split.js'
import { makeBatches } from './make-batches.js'
import { makeTraining } from './make-training.js'
import { trainingData } from './prepare-dataset.js'
import type { RunContext } from './run-context.js'
import type { TeacherReport } from './run-result.js'
import { loadModel, loadWeights } from './saved-model.js'

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
    const made = await makeTeacher(context, clean, config, index)
    if (context.signal?.aborted) return undefined
    for (const { model, own, epoch } of made) {
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
    context.tell({ kind: 'trained', who: nameOf(context.config, index) })
  }
  return teachers
}

/** How many teachers a config makes: a recipe with checkpoints makes several. */
export function countTeachers(teachers: readonly TeacherConfig[]): number {
  return teachers.reduce((sum, { checkpoints }) => sum + (checkpoints?.length ?? 1), 0)
}

const nameOf = ({ teachers }: Config, index: number): string =>
  teachers.length > 1 ? `teacher ${index + 1}` : 'teacher'

interface MadeTeacher {
  readonly model: LayersModel
  /** What its recipe trained it on. */
  readonly own?: Dataset
  /** Of its recipe, from 1, for a checkpoint. */
  readonly epoch?: number
}

async function makeTeacher(
  context: RunContext,
  clean: Dataset,
  teacher: TeacherConfig,
  index: number,
): Promise<MadeTeacher[]> {
  if (teacher.run !== undefined) {
    const model = await loadModel(join(teacher.run, 'student'))
    assertFits(model, clean, `teacher ${index + 1} (${teacher.run})`)
    return [{ model }]
  }
  const seed = teacher.seed ?? context.config.seed
  const fresh = (): LayersModel =>
    makeModel(teacher.model!, {
      inputShape: clean.inputShape,
      classes: clean.classNames.length,
      seed: `${seed}/teacher/${index}`,
    })
  const model = fresh()
  if (teacher.weights !== undefined) {
    await loadWeights(model, teacher.weights)
    return [{ model }]
  }
  const { dataset } = context.config
  const wanted = { take: teacher.take, labelNoise: teacher.labelNoise ?? dataset.labelNoise }
  const own = await trainingData(clean, wanted, dataset.seed)
  const checkpoints: MadeTeacher[] = []
  await trainTeacher(context, { model, own, teacher, seed, index }, (epoch) => {
    if (teacher.checkpoints?.includes(epoch) !== true) return
    const copy = fresh()
    copy.setWeights(model.getWeights())
    checkpoints.push({ model: copy, own, epoch })
  })
  if (teacher.checkpoints === undefined) return [{ model, own }]
  model.dispose()
  if (checkpoints.length < teacher.checkpoints.length && !context.signal?.aborted) {
    throw new KdError(
      `teacher ${index + 1} must reach its checkpoints ${teacher.checkpoints.join(', ')}, got an early stop after ${checkpoints.length} of them`,
    )
  }
  return checkpoints
}

async function trainTeacher(
  { config, signal, tell }: RunContext,
  recipe: { model: LayersModel; own: Dataset; teacher: TeacherConfig; seed: number; index: number },
  afterEpoch: (epoch: number) => void,
): Promise<void> {
  const { model, own, teacher, seed, index } = recipe
  const who = nameOf(config, index)
  const { epochs } = teacher.training!
  const settings = makeTraining(teacher.training!)
  tell({ kind: 'training', who, epochs })
  try {
    const { best } = await train({
      model,
      dataset: own,
      ...settings,
      ...makeBatches(own, config.dataset.augmentation),
      seed: randomSource(seed).split('teacher').split(index).seed(),
      ...(signal && { signal }),
      callbacks: {
        onStep: (step) => {
          tell({ kind: 'step', who, step })
        },
        onEpochEnd: (metrics) => {
          tell({ kind: 'epoch', who, epochs, metrics })
          afterEpoch(metrics.epoch + 1)
        },
      },
    })
    best?.restore()
  } finally {
    settings.optimizer.dispose()
  }
}
