import type { AnyDataset } from '@kd/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { InputMatch } from '../model/match-input.js'
import { changedModel, type ChangedModel } from './changed-model.js'
import { picked, placesOf, renormalization } from './tensor-changes.js'

/**
 * Makes a teacher of the model of a run for data that are normalised in another way, or have their columns or classes in another order:
 * it takes inputs and gives logits as these data have them.
 *
 * @param model - of the run
 * @param match - of the run with the data
 * @param dataset - the data
 * @returns the model itself where nothing differs
 */
export function matchedTeacher(
  model: LayersModel,
  match: InputMatch,
  dataset: AnyDataset,
): LayersModel | ChangedModel {
  if (match.differences.length === 0) return model
  const { classes } = match
  return changedModel(model, {
    inputs: inputChange(match, dataset),
    logits: (logits) => (classes === undefined ? logits : picked(logits, placesOf(classes))),
  })
}

function inputChange(
  { columns, normalization: own }: InputMatch,
  { inputShape, normalization: given }: AnyDataset,
): (inputs: tf.Tensor) => tf.Tensor {
  const order = columns ?? Array.from({ length: inputShape.at(-1)! }, (_, channel) => channel)
  const renormalized = renormalization(given, own, order)
  return (inputs) => renormalized(columns === undefined ? inputs : picked(inputs, columns))
}
