import { checkRun, InvalidArgumentError, KdError, labelLoss, type AnyDataset, type Method } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../../config/config-schema.js'
import { UsageError } from '../../config/usage-error.js'
import { makeTraining } from './make-training.js'
import { countTeachers, type OpenTeacher } from './open-teachers.js'

/** A run before its teachers are trained. */
interface PlannedRun {
  readonly dataset: AnyDataset
  readonly student: LayersModel
  readonly teachers: readonly OpenTeacher[]
  readonly method: Method
}

/**
 * Checks that everything in a run fits together, its teachers' recipes too. The training loop says so as well, but only after the
 * recipes have been trained.
 *
 * @param config - of the run
 * @param run - its parts
 * @throws {@link UsageError} for too few teachers, {@link KdError} that names what else does not fit
 */
export async function assertRunFits(config: Config, run: PlannedRun): Promise<void> {
  const { dataset, student, teachers, method } = run
  const { augmentation } = config.dataset
  const wanted = method.needs.teachers === 'all' ? 1 : (method.needs.teachers ?? 0)
  const count = countTeachers(config.teachers)
  if (count < wanted) {
    throw new UsageError(
      `teachers must be at least ${wanted} for ${method.name}, got ${count}`,
      'kd train needs none',
    )
  }
  await checkRun({
    dataset,
    student,
    method,
    teachers: teachers.flatMap(({ states }) => states.map(({ teacher }) => teacher)),
    teacherMode: config.teacherMode,
    ...(config.teacherTimeout !== undefined && { teacherTimeout: config.teacherTimeout }),
    ...makeTraining(config.training!),
    // Only whether they augment counts here.
    ...(augmentation && { batches: { augments: true, batches: () => neverCalled() } }),
  })
  for (const teacher of teachers) await assertRecipeFits(teacher)
}

async function assertRecipeFits({ teacher, index, states, recipe }: OpenTeacher): Promise<void> {
  if (recipe === undefined) return
  const { training } = teacher
  try {
    await checkRun({
      dataset: recipe.own,
      student: states[0]!.teacher as LayersModel,
      method: labelLoss(),
      ...makeTraining(training!),
    })
  } catch (error) {
    if (!KdError.isInstance(error)) throw error
    const message = error.message.replace(/^distill: /, `teachers.${index}.training: `)
    throw new InvalidArgumentError(message, { cause: error })
  }
}

function neverCalled(): never {
  throw new Error('a check of a run takes no batches')
}
