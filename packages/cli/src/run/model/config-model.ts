import { ShapeError, type Dataset } from '@kd/core'
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

/**
 * Checks that a model that was loaded is one for the data set.
 *
 * @param model - with one input and one output
 * @param dataset - gives input shape and classes
 * @param name - what the error calls the model
 * @throws {@link ShapeError} naming both shapes and both numbers of classes
 */
export function assertFits(model: LayersModel, dataset: Dataset, name: string): void {
  const inputs = model.inputs.map(({ shape }) => `[${shape.slice(1).join(', ')}]`).join(', ')
  const classes = model.outputs.map(({ shape }) => String(shape.at(-1))).join(', ')
  const wantedInputs = `[${dataset.inputShape.join(', ')}]`
  const wantedClasses = String(dataset.classNames.length)
  if (inputs === wantedInputs && classes === wantedClasses) return
  throw new ShapeError(
    `${name} must take inputs ${wantedInputs} and give ${wantedClasses} classes for ${dataset.name}, got inputs ${inputs} and ${classes} classes`,
    { hint: 'use a model trained on the same classes in the same order' },
  )
}

function sizesOf({ inputShape, classNames }: Dataset): { inputShape: readonly number[]; classes: number } {
  return { inputShape, classes: classNames.length }
}
