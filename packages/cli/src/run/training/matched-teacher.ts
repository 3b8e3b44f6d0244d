import { layersModel, type AnyDataset, type FeatureMap, type Model, type Outputs } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { RunTeacher } from '../answers/kept-answers.js'
import { channelOf, type InputMatch } from '../model/match-input.js'

/** The student of a run as a teacher on data that are not quite those of its run. */
export interface MatchedTeacher extends Model {
  /** The model itself, without what is done to its inputs and outputs. */
  readonly layersModel: LayersModel
  dispose(): void
}

/**
 * Makes a teacher of the model of a run for data that are normalised in another way, or have their columns or classes in another order:
 * it takes inputs and gives logits as these data have them. With x as the data are normalised, by mean m and deviation s, and m' and s'
 * those of the run, the model sees (x s + m - m') / s'.
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
): LayersModel | MatchedTeacher {
  if (match.differences.length === 0) return model
  const inner = layersModel(model)
  const toInputs = inputChange(match, dataset)
  const { classes } = match
  const fromOutputs = ({ logits, features }: Outputs): Outputs => {
    if (classes === undefined) return { logits, features }
    const ours = permuted(logits, inverseOf(classes))
    // A feature can be the logits themselves.
    const changed: FeatureMap = Object.fromEntries(
      Object.entries(features).map(([name, value]) => [name, value === logits ? ours : value]),
    )
    return { logits: ours, features: changed }
  }
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
    forward: (inputs, how) => fromOutputs(inner.forward(toInputs(inputs), how)),
    forwardFrom: (feature, value, how) => fromOutputs(inner.forwardFrom!(feature, value, how)),
    seed: (random) => inner.seed!(random),
    keepSeeds: () => inner.keepSeeds!(),
    dispose: () => void model.dispose(),
  }
}

/** The model of a teacher that is one with layers, whose weights say which it is. */
export function modelOf(teacher: RunTeacher): LayersModel | undefined {
  if ('layers' in teacher) return teacher
  return 'layersModel' in teacher ? (teacher as MatchedTeacher).layersModel : undefined
}

function inputChange(
  { columns, normalization: own }: InputMatch,
  { inputShape, normalization: given }: AnyDataset,
): (inputs: tf.Tensor) => tf.Tensor {
  const channels = Array.from({ length: inputShape.at(-1)! }, (_, channel) => channel)
  const pairs = channels.map((channel) => {
    const from = columns?.[channel] ?? channel
    const deviation = channelOf(own.standardDeviation, channel)
    const shift = channelOf(given.mean, from) - channelOf(own.mean, channel)
    return [channelOf(given.standardDeviation, from) / deviation, shift / deviation] as const
  })
  const scale = pairs.map(([factor]) => factor)
  const offset = pairs.map(([, shift]) => shift)
  return (inputs) => {
    const ordered = columns === undefined ? inputs : permuted(inputs, columns)
    return tf.add(tf.mul(ordered, tf.tensor1d(scale)), tf.tensor1d(offset))
  }
}

/** Puts the entries of the last axis into another order. The stock gradient of a gather adds up, which not every engine can. */
function permuted(value: tf.Tensor, order: readonly number[]): tf.Tensor {
  const gather = (from: tf.Tensor, by: readonly number[]): tf.Tensor =>
    tf.gather(from, tf.tensor1d([...by], 'int32'), from.rank - 1)
  return tf.customGrad((input) => ({
    value: gather(input as tf.Tensor, order),
    gradFunc: (gradient: tf.Tensor) => gather(gradient, inverseOf(order)),
  }))(value)
}

/** Where each number stands in an order. */
function inverseOf(order: readonly number[]): number[] {
  const places = new Array<number>(order.length)
  for (const [place, entry] of order.entries()) places[entry] = place
  return places
}
