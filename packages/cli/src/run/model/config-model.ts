import type { Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../../config/config-schema.js'
import { makeModel } from '../../config/models.js'
import { loadWeights } from './saved-model.js'

/**
 * Makes the student of a config, with the weights that it starts from where the config names some.
 *
 * @param config - whose seed draws the other weights
 * @param dataset - gives input shape and classes
 * @returns the same model for the same config
 * @throws {@link KdError} when the weights do not fit
 */
export async function studentModel({ student, seed }: Config, dataset: Dataset): Promise<LayersModel> {
  const model = makeModel(student.model, { ...sizesOf(dataset), seed: `${seed}/student` })
  if (student.weights !== undefined) await loadWeights(model, student.weights)
  return model
}

/**
 * Makes the model of a teacher that is no run's, not trained and without its weights.
 *
 * @param config - whose seed draws the weights, unless the teacher has one
 * @param index - which of the teachers
 * @param dataset - gives input shape and classes
 * @returns the same model for the same config
 */
export function teacherModel({ teachers, seed }: Config, index: number, dataset: Dataset): LayersModel {
  const teacher = teachers[index]!
  return makeModel(teacher.model!, {
    ...sizesOf(dataset),
    seed: `${teacher.seed ?? seed}/teacher/${index}`,
  })
}

function sizesOf({ inputShape, classNames }: Dataset): { inputShape: readonly number[]; classes: number } {
  return { inputShape, classes: classNames.length }
}
