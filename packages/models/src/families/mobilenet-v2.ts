import { count, defineModel, positive, randomSource, type RandomSource } from '@kd/core'
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { pooledClassifier } from '../building-blocks/classifier.js'
import { convolution, depthwiseConvolution } from '../building-blocks/convolutions.js'
import { smallNormal, zeros } from '../building-blocks/initialization.js'
import { batchNormalization, connect, relu, sum } from '../building-blocks/layers.js'
import { assertImageModel, assertInteger, cifarShape } from './model-options.js'

/** Groups of equal blocks: their channels, their number, the strides of the first, and the name of a stage that ends there. */
const groups = [
  { channels: 16, blocks: 1, strides: 1 },
  { channels: 24, blocks: 2, strides: 1, output: 'stage1' },
  { channels: 32, blocks: 3, strides: 2, output: 'stage2' },
  { channels: 64, blocks: 4, strides: 2 },
  { channels: 96, blocks: 3, strides: 1, output: 'stage3' },
  { channels: 160, blocks: 3, strides: 2 },
  { channels: 320, blocks: 1, strides: 1, output: 'stage4' },
] as const

/**
 * MobileNetV2 of Sandler et al. (2018) as the distillation benchmark RepDistiller defines it for CIFAR: ReLU instead of
 * ReLU6, the expansion convolution also in the first block, total stride 16, half of the channels.
 *
 * Layers by name: `stem`, `stage1` … `stage4` (the four places that the benchmark reads), `head`, `features` [N, 1280],
 * `logits`; blocks are `block1` … `block17`.
 *
 * Initial weights: convolutions N(0, 2 / fanOut), the classifier N(0, 0.01²) with bias 0.
 *
 * @param options - see {@link MobilenetV2Options}
 * @returns a model from [N, H, W, channels] to unnormalised logits [N, C]
 * @throws {@link InvalidArgumentError} when multiplier or expansion is out of range
 * @throws {@link ShapeError} when the input shape is none of an image
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { mobilenetV2 } from '@kd/models'
 *
 * console.log(mobilenetV2({ classes: 100 }).getLayer('features').outputShape) // [null, 1280]
 * ```
 *
 * @see M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen: MobileNetV2, CVPR 2018
 * @see https://github.com/HobbitLong/RepDistiller
 */
export const mobilenetV2 = defineModel({
  name: 'mobilenet-v2',
  summary: 'MobileNetV2 for 32x32 images',
  source: 'M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen: MobileNetV2, CVPR 2018',
  options: {
    widthMultiplier: positive(
      0.5,
      'every number of channels is multiplied by this and rounded down; the 1,280 of the head only grow, above 1',
    ),
    expansion: count(6, 'hidden channels of a block per input channel; the first block has 1'),
  },
  inputShape: cifarShape,
  make({ inputShape, classes, seed }, { widthMultiplier, expansion }) {
    // Below 1/16 the narrowest blocks would have no channel.
    assertInteger(Math.floor(16 * widthMultiplier), 1, '16 · widthMultiplier', 'mobilenetV2')
    assertImageModel(classes, inputShape, 'mobilenetV2')
    const random = randomSource(seed)
    const scaled = (channels: number): number => Math.floor(channels * widthMultiplier)
    const inputs = input({ name: 'input', shape: [...inputShape] })
    const stem = convolution(inputs, { name: 'stem_conv', filters: scaled(32), strides: 2, random })
    let output = relu(batchNormalization(stem, 'stem_bn'), 'stem')
    let number = 0
    groups.forEach((group, index) => {
      for (let block = 1; block <= group.blocks; block++) {
        output = invertedResidual(output, {
          name: `block${++number}`,
          filters: scaled(group.channels),
          strides: block === 1 ? group.strides : 1,
          expansion: index === 0 ? 1 : expansion,
          random,
        })
      }
      // A block without a shortcut ends in batch normalisation; the name of a stage stands on a layer without weights.
      if ('output' in group)
        output = connect(layers.activation({ name: group.output, activation: 'linear' }), output)
    })
    const headWidth = widthMultiplier > 1 ? scaled(1280) : 1280
    const head = convolution(output, { name: 'head_conv', filters: headWidth, kernelSize: 1, random })
    const activated = relu(batchNormalization(head, 'head_bn'), 'head')
    const start = { initialization: smallNormal, biasInitialization: zeros }
    const outputs = pooledClassifier(activated, { classes, random, ...start })
    return model({ name: 'mobilenet-v2', inputs, outputs })
  },
})

/** Options of {@link mobilenetV2}. */
export type MobilenetV2Options = Parameters<typeof mobilenetV2>[0]

/** Options of {@link invertedResidual}. */
interface InvertedResidualOptions {
  readonly name: string
  readonly filters: number
  readonly strides: number
  readonly expansion: number
  readonly random: RandomSource
}

/** Expands the channels, convolves each by itself and projects them down; adds the input where the shape stays. */
function invertedResidual(input: SymbolicTensor, options: InvertedResidualOptions): SymbolicTensor {
  const { name, filters, strides, expansion, random } = options
  const channels = input.shape.at(-1)!
  const expand = { name: `${name}_conv1`, filters: channels * expansion, kernelSize: 1, random }
  const expanded = relu(batchNormalization(convolution(input, expand), `${name}_bn1`), `${name}_relu1`)
  const depthwise = depthwiseConvolution(expanded, { name: `${name}_conv2`, strides, random })
  const mixed = relu(batchNormalization(depthwise, `${name}_bn2`), `${name}_relu2`)
  const project = { name: `${name}_conv3`, filters, kernelSize: 1, random }
  const projected = batchNormalization(convolution(mixed, project), `${name}_bn3`)
  return strides === 1 && channels === filters ? sum([input, projected], `${name}_sum`) : projected
}
