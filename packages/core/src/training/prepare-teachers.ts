import { InvalidArgumentError } from '../errors/invalid-argument-error.js'
import { passFeatures } from '../method/pass-features.js'
import { classificationMetrics, type ClassificationMetrics } from '../metrics/classification-metrics.js'
import type { DistillationOptions } from './distillation-options.js'
import { isStored, type Teacher } from './teacher.js'
import type { Teach, TeacherPredictor } from './teacher-predictor.js'
import { teacherPredictors, teachFromTables, teachLive } from './teachers.js'

/** Rows at a time where nothing is learned. */
export const EVALUATION_BATCH = 250

/** Teachers made ready for a run. */
export interface PreparedTeachers {
  /** For training steps. */
  readonly teach: Teach
  /** For passes between epochs. */
  readonly inPasses: {
    readonly predictors: readonly TeacherPredictor[]
    /** Looks every teacher's logits on the training split up, where they are kept and passes need nothing else. */
    readonly teachFromTables: Teach | undefined
  }
  /** Of each teacher on the training split, where its logits are looked up. */
  readonly teacherTrainMetrics?: readonly ClassificationMetrics[]
}

/**
 * Makes teachers ready, and lets them speak at once where they would say the same at every step.
 *
 * @param options - of `distill`
 * @param augments - whether an example's input differs between epochs
 * @returns what gives the teachers' outputs
 * @throws {@link InvalidArgumentError} for stored logits under augmented inputs
 */
export async function prepareTeachers(
  { dataset, method, teachers = [], teacherMode = 'eval' }: DistillationOptions,
  augments: boolean,
): Promise<PreparedTeachers> {
  if (augments) assertSeesAugmented(teachers)
  const { teacherFeatures = [] } = method.requires ?? {}
  const classes = dataset.classNames.length
  const predictors = teacherPredictors(teachers, teacherFeatures, classes)
  const inPasses = passFeatures(method.requires).teacherFeatures
  const ofPasses = teacherPredictors(teachers, inPasses, classes)
  if (augments || teacherMode === 'train' || teacherFeatures.length > 0 || teachers.length === 0) {
    const live = { predictors: ofPasses, teachFromTables: undefined }
    return { teach: teachLive(predictors, teacherMode === 'train'), inPasses: live }
  }
  const { tables, teach } = await teachFromTables(predictors, dataset, EVALUATION_BATCH)
  const teacherTrainMetrics = tables.map((table) => classificationMetrics(table, dataset.train.labels))
  const teachInPasses = inPasses.length === 0 ? teach : undefined
  return { teach, inPasses: { predictors: ofPasses, teachFromTables: teachInPasses }, teacherTrainMetrics }
}

function assertSeesAugmented(teachers: readonly Teacher[]): void {
  const blind = teachers.findIndex((teacher) => isStored(teacher) && teacher.fixed !== true)
  if (blind === -1) return
  throw new InvalidArgumentError(
    `distill: batches must not augment inputs under teacher ${blind}, whose logits are stored for the inputs as they are`,
    {
      hint: 'let the teacher run, or set fixed where one answer per example shall do for all its augmentations',
    },
  )
}
