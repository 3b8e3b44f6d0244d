import { defineModel, randomSource, requiredOption } from '@kd/core'
import { input, layers, model } from '@tensorflow/tfjs-layers'
import * as z from 'zod/mini'
import { pooledClassifier } from '../building-blocks/classifier.js'
import { convolution } from '../building-blocks/convolutions.js'
import { smallNormal, zeros } from '../building-blocks/initialization.js'
import { batchNormalization, connect, relu } from '../building-blocks/layers.js'
import { assertImageModel, cifarShape } from './model-options.js'

const widths = [64, 128, 256, 512, 512]

/** How many convolutions each of the five stages has, by depth. */
const convolutions: Readonly<Record<8 | 11 | 13 | 16 | 19, readonly number[]>> = {
  8: [1, 1, 1, 1, 1],
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
}

/**
 * VGG of Simonyan & Zisserman (2015) with batch normalisation and one dense layer instead of three, as the distillation
 * benchmark RepDistiller defines it for CIFAR: 2×2 max pooling after the first three stages, and after the fourth if
 * the image is 64 pixels high.
 *
 * Layers by name: `stage1` … `stage5` (after ReLU, before pooling), `features` [N, 512], `logits`.
 *
 * Initial weights: convolutions N(0, 2 / fanOut) with bias 0, the classifier N(0, 0.01²) with bias 0.
 *
 * @param options - see {@link VggOptions}
 * @returns a model from [N, H, W, channels] to unnormalised logits [N, C]
 * @throws {@link InvalidArgumentError} when there is no network of that depth
 * @throws {@link ShapeError} when the input shape is none of an image of at least 8×8
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { vgg } from '@kd/models'
 *
 * const student = vgg({ depth: 8, classes: 100 })
 * console.log(student.getLayer('stage3').outputShape) // [null, 8, 8, 256]
 * ```
 *
 * @see K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015
 * @see https://github.com/HobbitLong/RepDistiller
 */
export const vgg = defineModel({
  name: 'vgg',
  summary: 'VGG-8, 11, 13, 16, 19 with batch normalization',
  source:
    'K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015',
  options: {
    depth: requiredOption(
      z.literal([8, 11, 13, 16, 19]),
      'convolutions and dense layers of the original network',
    ),
  },
  inputShape: cifarShape,
  make({ inputShape, classes, seed }, { depth }) {
    assertImageModel(classes, inputShape, 'vgg', 8)
    const random = randomSource(seed)
    const pooledStages = inputShape[0] === 64 ? 4 : 3
    const inputs = input({ name: 'input', shape: [...inputShape] })
    let output = inputs
    convolutions[depth].forEach((count, index) => {
      const stage = `stage${index + 1}`
      for (let layer = 1; layer <= count; layer++) {
        const name = `${stage}_conv${layer}`
        output = convolution(output, { name, filters: widths[index]!, useBias: true, random })
        const outputName = layer === count ? stage : `${stage}_relu${layer}`
        output = relu(batchNormalization(output, `${stage}_bn${layer}`), outputName)
      }
      if (index < pooledStages)
        output = connect(layers.maxPooling2d({ name: `${stage}_pool`, poolSize: 2 }), output)
    })
    const start = { initialization: smallNormal, biasInitialization: zeros }
    return model({
      name: `vgg${depth}`,
      inputs,
      outputs: pooledClassifier(output, { classes, random, ...start }),
    })
  },
})

/** Options of {@link vgg}. */
export type VggOptions = Parameters<typeof vgg>[0]
