import { defineModel, option, randomSource, readonlyList, ShapeError } from '@kd/core'
import { input, layers, model } from '@tensorflow/tfjs-layers'
import * as z from 'zod/mini'
import { classifier } from '../building-blocks/classifier.js'
import { fanInNormal } from '../building-blocks/initialization.js'
import { connect } from '../building-blocks/layers.js'
import { assertClasses, width } from './model-options.js'

/**
 * A multi-layer perceptron: dense layers with ReLU, then logits.
 *
 * Layers by name: `hidden1`, `hidden2`, …, the last hidden one `features`, then `logits`. Initial weights are our choice:
 * N(0, 2 / fanIn) and bias 0 in hidden layers, uniform ±1/sqrt(fanIn) in the last.
 *
 * @param options - see {@link MlpOptions}
 * @returns a model from [N, ...inputShape] to unnormalised logits [N, C]
 * @throws {@link InvalidArgumentError} when a width or `classes` is no positive integer
 * @throws {@link ShapeError} when the input shape is empty or not of positive integers
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { mlp } from '@kd/models'
 *
 * const student = mlp({ inputShape: [8, 8, 1], hiddenUnits: [32], classes: 10, seed: 1 })
 * console.log(student.countParams()) // 2410
 * ```
 */
export const mlp = defineModel({
  name: 'mlp',
  summary: 'fully connected layers with ReLU',
  options: {
    hiddenUnits: option(
      readonlyList(z.array(width)),
      [128],
      'width of each hidden layer; empty: a linear classifier',
    ),
  },
  make({ inputShape, classes, seed }, { hiddenUnits }) {
    assertClasses(classes, 'mlp')
    if (inputShape.length === 0 || !inputShape.every((size) => Number.isInteger(size) && size >= 1)) {
      throw new ShapeError(`mlp: inputShape must hold integers >= 1, got [${inputShape.join(', ')}]`)
    }
    const random = randomSource(seed)
    const inputs = input({ name: 'input', shape: [...inputShape] })
    let features = inputShape.length > 1 ? connect(layers.flatten({ name: 'flatten' }), inputs) : inputs
    hiddenUnits.forEach((units, index) => {
      const name = index === hiddenUnits.length - 1 ? 'features' : `hidden${index + 1}`
      const fan = { fanIn: features.shape.at(-1)!, fanOut: units }
      const kernelInitializer = fanInNormal(fan, random.split(name).seed())
      features = connect(layers.dense({ name, units, activation: 'relu', kernelInitializer }), features)
    })
    return model({ name: 'mlp', inputs, outputs: classifier(features, { classes, random }) })
  },
})

/** Options of {@link mlp}. */
export type MlpOptions = Parameters<typeof mlp>[0]
