import { defineModel, randomSource, type RandomSource } from '@kd/core'
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { shuffleChannels } from '../building-blocks/channels.js'
import { pooledClassifier } from '../building-blocks/classifier.js'
import { convolution, depthwiseConvolution, groupedConvolution } from '../building-blocks/convolutions.js'
import { fanInUniform } from '../building-blocks/initialization.js'
import { batchNormalization, connect, relu, sum } from '../building-blocks/layers.js'
import { assertImageModel, cifarShape } from './model-options.js'

const stages = [
  { channels: 240, blocks: 4 },
  { channels: 480, blocks: 8 },
  { channels: 960, blocks: 4 },
]

/**
 * ShuffleNet of Zhang et al. (2018) with three groups, as the distillation benchmarks RepDistiller and mdistiller define
 * it for CIFAR: a 1×1 stem of 24 channels and three stages, each of which halves the image.
 *
 * Layers by name: `stem`, `stage1`, `stage2`, `stage3` (after ReLU), `features` [N, 960], `logits`. TensorFlow.js has no
 * convolution in groups, so each is three convolutions of a third of the channels, `…_group1` to `…_group3`.
 *
 * Initial weights are PyTorch's defaults, as in the reference: uniform ±1/sqrt(fanIn) everywhere.
 *
 * @param options - see {@link ImageModelOptions}
 * @returns a model from [N, H, W, channels] to unnormalised logits [N, C]
 * @throws {@link InvalidArgumentError} when `classes` is not an integer >= 2
 * @throws {@link ShapeError} when the input shape is none of an image
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { shufflenetV1 } from '@kd/models'
 *
 * console.log(shufflenetV1({ classes: 100 }).getLayer('features').outputShape) // [null, 960]
 * ```
 *
 * @see X. Zhang, X. Zhou, M. Lin, J. Sun: ShuffleNet, CVPR 2018
 * @see https://github.com/HobbitLong/RepDistiller
 */
export const shufflenetV1 = defineModel({
  name: 'shufflenet-v1',
  summary: 'ShuffleNetV1, 3 groups',
  source: 'X. Zhang, X. Zhou, M. Lin, J. Sun: ShuffleNet, CVPR 2018',
  options: {},
  inputShape: cifarShape,
  make({ inputShape, classes, seed }) {
    assertImageModel(classes, inputShape, 'shufflenetV1')
    const random = randomSource(seed)
    const inputs = input({ name: 'input', shape: [...inputShape] })
    const start = { name: 'stem_conv', filters: 24, kernelSize: 1, initialization: fanInUniform, random }
    let output = relu(batchNormalization(convolution(inputs, start), 'stem_bn'), 'stem')
    stages.forEach(({ channels, blocks }, index) => {
      const stage = `stage${index + 1}`
      for (let block = 1; block <= blocks; block++) {
        output = shuffleV1Block(output, {
          name: `${stage}_block${block}`,
          outputName: block === blocks ? stage : `${stage}_block${block}`,
          channels,
          groups: 3,
          // The stem's 24 channels are too few to be worth dividing.
          firstGroups: index === 0 && block === 1 ? 1 : 3,
          strides: block === 1 ? 2 : 1,
          random,
        })
      }
    })
    return model({ name: 'shufflenet-v1', inputs, outputs: pooledClassifier(output, { classes, random }) })
  },
})

/** Options of {@link shuffleV1Block}. */
interface ShuffleV1BlockOptions {
  /** The prefix of the names of its layers. */
  readonly name: string
  /** The name of its last layer. */
  readonly outputName: string
  /** The number of channels of the output. */
  readonly channels: number
  readonly groups: number
  /** The number of groups of the first convolution. */
  readonly firstGroups: number
  /** Strides of 2 halve the image, and the pooled input is then joined to the output instead of added. */
  readonly strides: number
  readonly random: RandomSource
}

/** Adds a grouped 1×1, a shuffle, a depthwise 3×3 and a grouped 1×1 convolution; the input is added or joined to them. */
function shuffleV1Block(input: SymbolicTensor, options: ShuffleV1BlockOptions): SymbolicTensor {
  const { name, outputName, channels, groups, firstGroups, strides, random } = options
  const filters = strides === 2 ? channels - input.shape.at(-1)! : channels
  const narrow = { name: `${name}_conv1`, filters: Math.floor(filters / 4), groups: firstGroups, random }
  const first = relu(batchNormalization(groupedConvolution(input, narrow), `${name}_bn1`), `${name}_relu1`)
  const shuffled = firstGroups > 1 ? shuffleChannels(first, firstGroups, `${name}_shuffle`) : first
  const depthwise = { name: `${name}_conv2`, strides, initialization: fanInUniform, random }
  const second = relu(
    batchNormalization(depthwiseConvolution(shuffled, depthwise), `${name}_bn2`),
    `${name}_relu2`,
  )
  const wide = { name: `${name}_conv3`, filters, groups, random }
  const residual = batchNormalization(groupedConvolution(second, wide), `${name}_bn3`)
  const merged =
    strides === 2
      ? connect(layers.concatenate({ name: `${name}_concat` }), [residual, pooled(input, name)])
      : sum([residual, input], `${name}_sum`)
  return relu(merged, outputName)
}

/** Takes 3×3 means at stride 2; a border of zeros counts in them, as in PyTorch's average pooling. */
function pooled(input: SymbolicTensor, name: string): SymbolicTensor {
  const padded = connect(layers.zeroPadding2d({ name: `${name}_shortcut_pad` }), input)
  const pooling = { name: `${name}_shortcut`, poolSize: 3, strides: 2, padding: 'valid' } as const
  return connect(layers.averagePooling2d(pooling), padded)
}
