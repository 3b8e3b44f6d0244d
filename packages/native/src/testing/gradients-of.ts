import { crossEntropy, klDivergence, softCrossEntropy } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { snapshot, type Snapshot } from './expect-same.js'

/** Inputs and true classes. */
export interface Batch {
  readonly inputs: tf.Tensor
  readonly labels: tf.Tensor1D
}

/** A model's trainable variables. */
export function variablesOf(model: LayersModel): tf.Variable[] {
  return model.trainableWeights
    .map((weight) => weight.read())
    .filter((value): value is tf.Variable => value instanceof tf.Variable)
}

/**
 * Runs one training step without its last part.
 *
 * @param model - gives logits of 10 classes
 * @param batch - disposed
 * @returns the loss, gradients by the variable's position, and the moving averages after the step
 */
export function gradientsOf(model: LayersModel, batch: Batch): Record<string, Snapshot> {
  const { inputs, labels } = batch
  const found = new Map<string, Snapshot>()
  tf.tidy(() => {
    const teacherLogits = tf.oneHot(labels, 10) as tf.Tensor2D
    const variables = variablesOf(model)
    const { value, grads } = tf.variableGrads(() => {
      const logits = model.apply(inputs, { training: true }) as tf.Tensor2D
      const soft = tf.add(klDivergence(teacherLogits, logits, 2), softCrossEntropy(logits, teacherLogits, 3))
      return tf.mean<tf.Scalar>(tf.add(crossEntropy(logits, labels), soft))
    }, variables)
    // Names count up with every layer made, so the position stands for the variable.
    found.set('loss', snapshot(value))
    variables.forEach(({ name }, index) => found.set(`gradient ${index}`, snapshot(grads[name]!)))
    model.nonTrainableWeights.forEach((weight, index) =>
      found.set(`average ${index}`, snapshot(weight.read())),
    )
  })
  tf.dispose([inputs, labels])
  return Object.fromEntries(found)
}
