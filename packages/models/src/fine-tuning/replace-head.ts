import { KdError, randomSource } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { fanInUniform } from '../building-blocks/initialization.js'
import { assertClasses } from '../families/model-options.js'
import { changedCopy } from './changed-copy.js'
import { outputLayers } from './output-layers.js'

/** Options of {@link replaceHead}. */
export interface ReplaceHeadOptions {
  /** C, the number of logits; an integer >= 1. */
  readonly classes: number
  /** The same seed gives the same weights of the head on every engine. @defaultValue 0 */
  readonly seed?: number | string
}

/**
 * Makes a student to start from: a copy of a trained model with a new last dense layer, which gives logits of other classes. A
 * softmax at the end is left out.
 *
 * The new layer is called `logits` (`new_logits` where the old one has this name or another layer has it). Its kernel and bias start
 * uniform in ±1 / sqrt(D), D being the number of its inputs; all other weights are copied.
 *
 * @param model - any model with one output whose last layer with weights is dense; it stays as it is
 * @param options - see {@link ReplaceHeadOptions}
 * @returns a model that shares nothing with `model`
 * @throws {@link KdError} when the model does not end in a dense layer, or has several outputs
 * @throws {@link InvalidArgumentError} when `classes` is no integer >= 1
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { freeze, mlp, replaceHead } from '@kd/models'
 *
 * const trained = mlp({ inputShape: [4], hiddenUnits: [8], classes: 100, seed: 1 })
 * const student = freeze(replaceHead(trained, { classes: 3, seed: 2 }))
 * console.log(student.outputShape, student.trainableWeights.length) // [ null, 3 ] 2
 * ```
 */
export function replaceHead(model: LayersModel, { classes, seed = 0 }: ReplaceHeadOptions): LayersModel {
  assertClasses(classes, 'replaceHead')
  const ends = outputLayers(model, 'replaceHead')
  const { last } = ends
  if (last.getClassName() !== 'Dense') {
    throw new KdError(
      `replaceHead: model must end in a dense layer, got the layer '${last.name}' (${last.getClassName()})`,
      { hint: 'build the student from the layer before its head with tf.model' },
    )
  }
  const isTaken = model.layers.some(({ name }) => name === 'logits')
  const name = isTaken ? 'new_logits' : 'logits'
  const student = changedCopy(model, ends, { name, units: classes, activation: 'linear' })
  const random = randomSource(seed).split('head')
  const head = student.getLayer(name)
  const fan = { fanIn: head.weights[0]!.shape[0]!, fanOut: classes }
  tf.tidy(() => {
    for (const [index, weight] of head.weights.entries()) {
      const initializer = fanInUniform(fan, random.split(String(index)).seed())
      weight.write(initializer.apply(weight.shape))
    }
  })
  return student
}
