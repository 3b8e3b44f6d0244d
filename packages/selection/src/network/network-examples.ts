import { InvalidArgumentError, ShapeError } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { softmaxRow } from '../last-layer/last-layer-blocks.js'
import { readLabels, readTable, type LabelList } from '../examples/table.js'

/** Inputs of a network, with their labels. */
export interface NetworkExamples {
  /** [N, ...] normalised inputs; they are read and not disposed. */
  readonly inputs: tf.Tensor
  /** [N] class indices. */
  readonly labels: LabelList
}

/** Examples with the network's predictions. */
export interface SeenByNetwork {
  readonly inputs: tf.Tensor
  readonly count: number
  readonly classes: number
  /** [N, C] p: the softmax of the logits. */
  readonly probabilities: Float64Array
  /** [N, C] p - y, with y the label as a one-hot row. */
  readonly residuals: Float64Array
}

/** Runs a network in inference mode over all rows, some at a time. */
export async function logitsOf(
  model: LayersModel,
  inputs: tf.Tensor,
  batchSize: number,
): Promise<Float32Array> {
  const classes = model.outputs[0]!.shape[1]!
  const logits = new Float32Array(inputs.shape[0] * classes)
  for (let from = 0; from < inputs.shape[0]; from += batchSize) {
    const part = tf.tidy(() => model.apply(rowsOf(inputs, from, batchSize), { training: false }) as tf.Tensor)
    logits.set(await part.data<'float32'>(), from * classes)
    tf.dispose(part)
  }
  return logits
}

/** Takes at most `count` rows, beginning with row `from`. */
export function rowsOf(inputs: tf.Tensor, from: number, count: number): tf.Tensor {
  return tf.slice(inputs, from, Math.min(count, inputs.shape[0] - from))
}

/**
 * Runs a network over examples and checks them.
 *
 * @param model - one input, one output of logits [N, C]
 * @param examples - it is run over these
 * @param batchSize - rows at a time
 * @param role - put before argument names in messages, such as `'validation.'`
 * @returns probabilities and residuals
 */
export async function seenByNetwork(
  model: LayersModel,
  { inputs, labels }: NetworkExamples,
  batchSize: number,
  role: string,
): Promise<SeenByNetwork> {
  const name = 'wholeNetworkInfluence'
  const [count = 0] = inputs.shape
  const [output] = model.outputs
  if (model.inputs.length !== 1 || model.outputs.length !== 1 || output!.shape.length !== 2)
    throw new ShapeError(`${name}: model must have one input and one output [N, C], got another form`)
  if (count < 1) throw new ShapeError(`${name}: ${role}inputs must have at least one row, got none`)
  const values = await logitsOf(model, inputs, batchSize)
  const classes = output!.shape[1]!
  const table = await readTable({ values, shape: [count, classes] }, `${role}logits`, name)
  const wrong = values.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0) {
    throw new InvalidArgumentError(
      `${name}: the model must give finite logits for ${role}inputs, got ${values[wrong]} in row ${Math.floor(wrong / classes)}`,
      { hint: 'look for NaN in the inputs, and whether the network diverged' },
    )
  }
  const classIndices = await readLabels(labels, table, name)
  const probabilities = new Float64Array(count * classes)
  for (let row = 0; row < count; row++) softmaxRow(table, row, 1, probabilities, row * classes)
  const residuals = probabilities.slice()
  for (let row = 0; row < count; row++) residuals[row * classes + classIndices[row]!]! -= 1
  return { inputs, count, classes, probabilities, residuals }
}
