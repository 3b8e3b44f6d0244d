import { KdError, randomSource, train, type AnyDataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { TeacherConfig } from '../../config/config-schema.js'
import { makeBatches, makeTraining } from './make-training.js'
import { taskReport } from '../log/run-result.js'
import type { RunContext } from './run-context.js'
import { SavedTeacher } from './saved-teacher.js'

/** A teacher to be trained. */
export interface Recipe {
  readonly model: LayersModel
  /** What it is trained on. */
  readonly own: AnyDataset
  /** Its hash. */
  readonly data: string
  readonly teacher: TeacherConfig
  readonly seed: number
  readonly index: number
}

/** Saves each checkpoint when it is reached, so that a run that goes on finds it. */
export async function trainCheckpoints(context: RunContext, recipe: Recipe): Promise<void> {
  const { model, teacher, index, data } = recipe
  await trainTeacher(context, recipe, async (epoch) => {
    if (teacher.checkpoints!.includes(epoch))
      await new SavedTeacher(context.folder, index, epoch).save(model, data)
  })
  model.dispose()
}

/** Trains `model`; after each epoch, from 1, it waits for `afterEpoch`. */
export async function trainTeacher(
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
        tell({ kind: 'epoch', who, epochs, metrics, task: taskReport(own) })
        await afterEpoch(metrics.epoch + 1)
      },
    },
  }).catch((error: unknown) => {
    throw ofTeacher(error, who)
  })
  best?.restore()
}

/** Says of what the training loop found wrong that it was a teacher's training, not the student's. */
function ofTeacher(error: unknown, who: string): unknown {
  if (!KdError.isInstance(error)) return error
  return new KdError(error.message.replace(/^distill: /, `training of ${who}: `), { cause: error })
}
