import { defineModel, option, randomSource, readonlyList } from '@kd/core'
import { input, layers, model } from '@tensorflow/tfjs-layers'
import * as z from 'zod/mini'
import { pooledClassifier } from '../building-blocks/classifier.js'
import { convolution } from '../building-blocks/convolutions.js'
import { batchNormalization, connect, relu } from '../building-blocks/layers.js'
import { assertImageModel, width } from './model-options.js'

/**
 * A small convolutional network of our own design, for grey images of a few dozen pixels: each stage a 3×3 convolution
 * with batch normalisation and ReLU, 2×2 max pooling between stages, global average pooling, logits.
 *
 * Layers by name: `stage1`, `stage2`, …, `features`, `logits`. Initial weights as in {@link cifarResnet}.
 *
 * @param options - see {@link SmallCnnOptions}
 * @returns a model from [N, H, W, channels] to unnormalised logits [N, C]
 * @throws {@link InvalidArgumentError} when a width or `classes` is no positive integer
 * @throws {@link ShapeError} when the input shape is none of an image, or the pooling would leave no pixel
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { smallCnn } from '@kd/models'
 *
 * const student = smallCnn({ inputShape: [8, 8, 1], widths: [8, 16], classes: 10, seed: 1 })
 * console.log(student.getLayer('features').outputShape) // [null, 16]
 * ```
 */
export const smallCnn = defineModel({
  name: 'small-cnn',
  summary: 'a few convolutions for small images',
  options: {
    widths: option(
      readonlyList(z.array(width).check(z.minLength(1))),
      [16, 32, 64],
      'channels of each stage',
    ),
  },
  // Fashion-MNIST's and MNIST's.
  inputShape: [28, 28, 1],
  make({ inputShape, classes, seed }, { widths }) {
    assertImageModel(classes, inputShape, 'smallCnn', 2 ** (widths.length - 1))
    const random = randomSource(seed)
    const inputs = input({ name: 'input', shape: [...inputShape] })
    let output = inputs
    widths.forEach((filters, index) => {
      const name = `stage${index + 1}`
      if (index > 0)
        output = connect(layers.maxPooling2d({ name: `stage${index}_pool`, poolSize: 2 }), output)
      const features = convolution(output, { name: `${name}_conv`, filters, random })
      output = relu(batchNormalization(features, `${name}_bn`), name)
    })
    return model({ name: 'small-cnn', inputs, outputs: pooledClassifier(output, { classes, random }) })
  },
})

/** Options of {@link smallCnn}. */
export type SmallCnnOptions = Parameters<typeof smallCnn>[0]
