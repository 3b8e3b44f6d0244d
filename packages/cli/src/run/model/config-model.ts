import { ShapeError, taskOf, type AnyDataset } from '@kd/core'
import { withinSize } from '@kd/models'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Catalogue } from '../../config/catalogue.js'
import type { Config } from '../../config/config-schema.js'
import { isModelFile } from '../../config/model-schema.js'
import { makeModel } from '../../config/models.js'
import type { NamedOptions } from '../../config/named-options.js'
import { loadWeights } from './saved-model.js'
import { freezeStudent, studentFromFile } from './student-start.js'

/** A config with what it can name. */
export interface NamedConfig {
  readonly config: Config
  readonly catalogue: Catalogue
}

/**
 * Makes the student of a config, with the weights that it starts from where the config names some.
 *
 * @param named - the config, whose seed draws the other weights
 * @param dataset - gives input shape and outputs
 * @returns the same model for the same config
 * @throws {@link KdError} when the weights do not fit, or a model of that size does not fit into memory
 */
export async function studentModel(
  { config: { student, seed }, catalogue }: NamedConfig,
  dataset: AnyDataset,
): Promise<LayersModel> {
  const model = await freshStudent({ student, seed: `${seed}/student` }, catalogue, dataset)
  if (student.weights !== undefined) await loadWeights(model, student.weights)
  if (student.freeze !== undefined) freezeStudent(model, student.freeze)
  return model
}

function freshStudent(
  { student, seed }: { readonly student: Config['student']; readonly seed: string },
  { models }: Catalogue,
  dataset: AnyDataset,
): LayersModel | Promise<LayersModel> {
  const { model, head, softmax } = student
  if (isModelFile(model)) return studentFromFile(model.file, dataset, { head, softmax, seed })
  return withinSize('student.model', () => makeModel(model, { ...sizesOf(dataset), seed }, models))
}

/**
 * Makes the model of a teacher that is no run's, not trained and without its weights.
 *
 * @param named - the config, whose seed draws the weights, unless the teacher has one
 * @param index - which of the teachers
 * @param dataset - gives input shape and outputs
 * @returns the same model for the same config
 */
export function teacherModel(
  { config: { teachers, seed }, catalogue }: NamedConfig,
  index: number,
  dataset: AnyDataset,
): LayersModel {
  const teacher = teachers[index]!
  const context = { ...sizesOf(dataset), seed: `${teacher.seed ?? seed}/teacher/${index}` }
  return withinSize(`teachers.${index}.model`, () =>
    makeModel(teacher.model as NamedOptions, context, catalogue.models),
  )
}

/**
 * Checks that a model that was loaded is one for the data set.
 *
 * @param model - with one input and one output
 * @param dataset - gives input shape and outputs
 * @param name - what the error calls the model
 * @throws {@link ShapeError} naming both shapes and both numbers of classes
 */
export function assertFits(model: LayersModel, dataset: AnyDataset, name: string): void {
  const inputs = model.inputs.map(({ shape }) => `[${shape.slice(1).join(', ')}]`).join(', ')
  const outputs = model.outputs.map(({ shape }) => shape.slice(1).join(', ')).join('; ')
  const wantedInputs = `[${dataset.inputShape.join(', ')}]`
  const wantedOutputs = taskOf(dataset).outputShape.join(', ')
  if (inputs === wantedInputs && outputs === wantedOutputs) return
  throw new ShapeError(
    `${name} must take inputs ${wantedInputs} and give ${wantedOutputs} classes for ${dataset.name}, got inputs ${inputs} and ${outputs} classes`,
    { hint: 'use a model trained on the same classes in the same order' },
  )
}

function sizesOf(dataset: AnyDataset): { inputShape: readonly number[]; classes: number } {
  return { inputShape: dataset.inputShape, classes: taskOf(dataset).outputShape.at(-1)! }
}
