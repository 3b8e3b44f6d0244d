import { layersModel, type FeatureMap, type Model, type Outputs } from '@kd/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { RunTeacher } from '../answers/kept-answers.js'

/** What is done to what a teacher is given, and to what it gives. */
export interface TeacherChange {
  readonly inputs: (inputs: tf.Tensor) => tf.Tensor
  readonly logits: (logits: tf.Tensor) => tf.Tensor
}

/** A model as a teacher whose inputs and logits are changed. */
export interface ChangedModel extends Model {
  /** The model itself, without what is done to its inputs and outputs. */
  readonly layersModel: LayersModel
  dispose(): void
}

/** What a changed model takes and gives, for one example. */
type Shapes = Pick<Model, 'inputShape' | 'outputShape'>

/**
 * Makes a teacher of a model that takes other inputs or gives other logits than a run knows.
 *
 * @param model - with layers; it is disposed with the teacher
 * @param change - what is done to inputs and logits
 * @param shapes - of inputs and logits, where the change makes others than the model's
 * @returns the teacher
 */
export function changedModel(model: LayersModel, change: TeacherChange, shapes?: Shapes): ChangedModel {
  const inner = layersModel(model)
  const changed = (outputs: Outputs): Outputs => changedOutputs(outputs, change)
  return {
    name: inner.name,
    layersModel: model,
    get variables() {
      return inner.variables
    },
    get weights() {
      return inner.weights
    },
    features: inner.features,
    ...(inner.inputShape && { inputShape: inner.inputShape }),
    ...(inner.outputShape && { outputShape: inner.outputShape }),
    ...shapes,
    forward: (inputs, how) => changed(inner.forward(change.inputs(inputs), how)),
    forwardFrom: (feature, value, how) => changed(inner.forwardFrom!(feature, value, how)),
    seed: (random) => inner.seed!(random),
    keepSeeds: () => inner.keepSeeds!(),
    dispose: () => void model.dispose(),
  }
}

/** Changes the logits in what a teacher gave, also where a feature is the logits themselves. */
export function changedOutputs({ logits, features }: Outputs, change: TeacherChange): Outputs {
  const ours = change.logits(logits)
  const changed: FeatureMap = Object.fromEntries(
    Object.entries(features).map(([name, value]) => [name, value === logits ? ours : value]),
  )
  return { logits: ours, features: changed }
}

/**
 * Returns the model with layers of a teacher, without what is done to its inputs and outputs.
 *
 * @param teacher - of a run
 * @returns undefined where it is something else, such as kept answers
 */
export function modelOf(teacher: RunTeacher): LayersModel | undefined {
  if ('layers' in teacher) return teacher
  return 'layersModel' in teacher ? (teacher as ChangedModel).layersModel : undefined
}
