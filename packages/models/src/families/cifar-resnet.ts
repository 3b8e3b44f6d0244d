import {
  choice,
  defineModel,
  InvalidArgumentError,
  option,
  randomSource,
  readonlyList,
  requiredOption,
} from '@kd/core'
import { input, model } from '@tensorflow/tfjs-layers'
import * as z from 'zod/mini'
import { pooledClassifier } from '../building-blocks/classifier.js'
import { convolution } from '../building-blocks/convolutions.js'
import { batchNormalization, relu } from '../building-blocks/layers.js'
import { assertImageModel, cifarShape, width } from './model-options.js'
import { basicBlock } from './residual-block.js'

/**
 * The residual network for CIFAR of He et al. (2016), section 4.2.
 *
 * With `shortcut: 'padding'` (option A of the paper, no weights) it is the network of akamaster/pytorch_resnet_cifar10;
 * with `'projection'` (option B, 1×1 convolution and batch normalisation) that of the distillation benchmark
 * RepDistiller, whose ResNet-20 has 2,752 weights more at 10 classes. Papers seldom say which one they mean.
 *
 * Layers by name: `stem`, `stage1`, `stage2`, `stage3` (outputs of the last blocks, after ReLU), `features` [N, widths[3]],
 * `logits`; the sum before a block's ReLU is `stage1_block1_sum` and so on. The last pooling is over the whole image, which
 * on 32×32 inputs is what both references do.
 *
 * Initial weights as RepDistiller has them: convolutions N(0, 2 / fanOut), the classifier uniform ±1/sqrt(fanIn).
 * akamaster uses N(0, 2 / fanIn) for both and the same bias.
 *
 * @param options - see {@link CifarResnetOptions}
 * @returns a model from [N, H, W, channels] to unnormalised logits [N, C]
 * @throws {@link InvalidArgumentError} when the depth is not 6n + 2, or padding would have to remove channels
 * @throws {@link ShapeError} when the input shape is none of an image
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { cifarResnet } from '@kd/models'
 *
 * const teacher = cifarResnet({ depth: 20, classes: 10 })
 * const weights = teacher.trainableWeights.map(({ shape }) => shape.reduce((left, right) => left! * right!, 1)!)
 * console.log(weights.reduce((left, right) => left + right)) // 269722
 * ```
 *
 * @see K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition, CVPR 2016
 * @see https://github.com/akamaster/pytorch_resnet_cifar10
 * @see https://github.com/HobbitLong/RepDistiller
 */
export const cifarResnet = defineModel({
  name: 'cifar-resnet',
  summary: 'ResNet-8, 14, 20, 32, 44, 56, 110 for 32x32 images',
  source: 'K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition, CVPR 2016',
  options: {
    depth: requiredOption(z.int().check(z.minimum(8)), '6n + 2: 8, 14, 20, 32, 44, 56, 110'),
    widths: option(
      readonlyList(z.tuple([width, width, width, width])),
      [16, 16, 32, 64],
      'channels of the stem and of the three stages',
    ),
    shortcut: choice(['padding', 'projection'], 'padding', 'where a block changes the shape'),
  },
  inputShape: cifarShape,
  make({ inputShape, classes, seed }, { depth, widths, shortcut }) {
    if ((depth - 2) % 6 !== 0) {
      throw new InvalidArgumentError(`cifarResnet: depth must be 6n + 2 with n >= 1, got ${depth}`, {
        hint: 'the usual ones are 8, 14, 20, 32, 44, 56 and 110',
      })
    }
    assertImageModel(classes, inputShape, 'cifarResnet')
    const random = randomSource(seed)
    const blocks = (depth - 2) / 6
    const [stemWidth, ...stageWidths] = widths
    const inputs = input({ name: 'input', shape: [...inputShape] })
    const stem = convolution(inputs, { name: 'stem_conv', filters: stemWidth, random })
    let output = relu(batchNormalization(stem, 'stem_bn'), 'stem')
    stageWidths.forEach((filters, index) => {
      const stage = `stage${index + 1}`
      for (let block = 1; block <= blocks; block++) {
        const name = `${stage}_block${block}`
        const strides = block === 1 && index > 0 ? 2 : 1
        const outputName = block === blocks ? stage : name
        output = basicBlock(output, { name, outputName, filters, strides, shortcut, random })
      }
    })
    return model({ name: `resnet${depth}`, inputs, outputs: pooledClassifier(output, { classes, random }) })
  },
})

/** Options of {@link cifarResnet}. */
export type CifarResnetOptions = Parameters<typeof cifarResnet>[0]

/**
 * ResNet-8 with four times the channels (32 in the stem, then 64, 128, 256) and projection shortcuts: the usual student of
 * {@link resnet32x4}, as RepDistiller and mdistiller define it. Layers by name and initial weights as in {@link cifarResnet}.
 *
 * @param options - see {@link ImageModelOptions}
 * @returns a model from [N, H, W, channels] to unnormalised logits [N, C]
 * @throws as {@link cifarResnet}
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { resnet8x4 } from '@kd/models'
 *
 * console.log(resnet8x4({ classes: 100 }).getLayer('features').outputShape) // [null, 256]
 * ```
 *
 * @see https://github.com/HobbitLong/RepDistiller
 */
export const resnet8x4 = defineModel({
  name: 'resnet8x4',
  summary: 'ResNet-8 with four times the channels',
  source:
    'K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition, CVPR 2016; as in RepDistiller',
  options: {},
  inputShape: cifarShape,
  make: (context) =>
    cifarResnet({ ...context, depth: 8, widths: [32, 64, 128, 256], shortcut: 'projection' }),
})

/**
 * ResNet-32 with four times the channels and projection shortcuts: the usual teacher of {@link resnet8x4}, as RepDistiller
 * and mdistiller define it. Layers by name and initial weights as in {@link cifarResnet}.
 *
 * @param options - see {@link ImageModelOptions}
 * @returns a model from [N, H, W, channels] to unnormalised logits [N, C]
 * @throws as {@link cifarResnet}
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { resnet32x4 } from '@kd/models'
 *
 * console.log(resnet32x4({ classes: 100 }).getLayer('features').outputShape) // [null, 256]
 * ```
 *
 * @see https://github.com/HobbitLong/RepDistiller
 */
export const resnet32x4 = defineModel({
  name: 'resnet32x4',
  summary: 'ResNet-32 with four times the channels',
  source:
    'K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition, CVPR 2016; as in RepDistiller',
  options: {},
  inputShape: cifarShape,
  make: (context) =>
    cifarResnet({ ...context, depth: 32, widths: [32, 64, 128, 256], shortcut: 'projection' }),
})
