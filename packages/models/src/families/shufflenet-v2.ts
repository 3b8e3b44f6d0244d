import { defineModel, option, randomSource, type RandomSource } from '@kd/core'
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import * as z from 'zod/mini'
import { shuffleChannels, sliceChannels } from '../building-blocks/channels.js'
import { pooledClassifier } from '../building-blocks/classifier.js'
import { convolution, depthwiseConvolution } from '../building-blocks/convolutions.js'
import { fanInUniform } from '../building-blocks/initialization.js'
import { batchNormalization, connect, relu } from '../building-blocks/layers.js'
import { assertImageModel, cifarShape } from './model-options.js'

/** The channels of the three stages and of the head, by size. */
const widths = {
  0.5: [48, 96, 192, 1024],
  1: [116, 232, 464, 1024],
  1.5: [176, 352, 704, 1024],
  2: [224, 488, 976, 2048],
} as const

/** How many blocks of each stage split the channels; they follow the one that halves the image. */
const splitBlocks = [3, 7, 3]

/**
 * ShuffleNetV2 of Ma et al. (2018) as the distillation benchmarks RepDistiller and mdistiller define it for CIFAR: a 1×1
 * stem of 24 channels and three stages, each of which halves the image.
 *
 * Layers by name: `stem`, `stage1`, `stage2`, `stage3` (after the last shuffle), `head`, `features` [N, 1024], `logits`.
 *
 * Initial weights are PyTorch's defaults, as in the reference: uniform ±1/sqrt(fanIn) everywhere.
 *
 * @param options - see {@link ShufflenetV2Options}
 * @returns a model from [N, H, W, channels] to unnormalised logits [N, C]
 * @throws {@link InvalidArgumentError} when there is no network of that size
 * @throws {@link ShapeError} when the input shape is none of an image
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { shufflenetV2 } from '@kd/models'
 *
 * console.log(shufflenetV2({ classes: 100 }).getLayer('features').outputShape) // [null, 1024]
 * ```
 *
 * @see N. Ma, X. Zhang, H.-T. Zheng, J. Sun: ShuffleNet V2, ECCV 2018
 * @see https://github.com/HobbitLong/RepDistiller
 */
export const shufflenetV2 = defineModel({
  name: 'shufflenet-v2',
  summary: 'ShuffleNetV2',
  source: 'N. Ma, X. Zhang, H.-T. Zheng, J. Sun: ShuffleNet V2, ECCV 2018',
  options: { size: option(z.literal([0.5, 1, 1.5, 2]), 1, 'size of the network, as in the paper') },
  inputShape: cifarShape,
  make({ inputShape, classes, seed }, { size }) {
    assertImageModel(classes, inputShape, 'shufflenetV2')
    const random = randomSource(seed)
    const inputs = input({ name: 'input', shape: [...inputShape] })
    const stem = { convolution: 'stem_conv', normalization: 'stem_bn', output: 'stem' }
    let output = pointwiseUnit(inputs, 24, stem, random)
    splitBlocks.forEach((blocks, index) => {
      const stage = `stage${index + 1}`
      output = shuffleV2DownBlock(output, widths[size][index]!, `${stage}_block1`, random)
      for (let block = 2; block <= blocks + 1; block++) {
        const name = `${stage}_block${block}`
        output = shuffleV2SplitBlock(output, name, block === blocks + 1 ? stage : name, random)
      }
    })
    const head = { convolution: 'head_conv', normalization: 'head_bn', output: 'head' }
    const activated = pointwiseUnit(output, widths[size][3], head, random)
    return model({
      name: 'shufflenet-v2',
      inputs,
      outputs: pooledClassifier(activated, { classes, random }),
    })
  },
})

/** Options of {@link shufflenetV2}. */
export type ShufflenetV2Options = Parameters<typeof shufflenetV2>[0]

/** Adds the block that halves the image: two branches, each of which gives half of the channels. */
function shuffleV2DownBlock(
  input: SymbolicTensor,
  channels: number,
  name: string,
  random: RandomSource,
): SymbolicTensor {
  const half = channels / 2
  const left = depthwiseUnit(input, 2, name, 1, random)
  const leftOutput = pointwiseUnit(left, half, namesOf(name, 2), random)
  const right = pointwiseUnit(input, half, namesOf(name, 3), random)
  const rightOutput = pointwiseUnit(depthwiseUnit(right, 2, name, 4, random), half, namesOf(name, 5), random)
  const joined = connect(layers.concatenate({ name: `${name}_concat` }), [leftOutput, rightOutput])
  return shuffleChannels(joined, 2, name)
}

/** Adds the block that keeps the shape: the first half of the channels passes unchanged, the second is convolved. */
function shuffleV2SplitBlock(
  input: SymbolicTensor,
  name: string,
  outputName: string,
  random: RandomSource,
): SymbolicTensor {
  const channels = input.shape.at(-1)!
  const half = channels / 2
  const passed = sliceChannels(input, 0, half, `${name}_left`)
  const right = sliceChannels(input, half, channels, `${name}_right`)
  const first = pointwiseUnit(right, half, namesOf(name, 1), random)
  const second = depthwiseUnit(first, 1, name, 2, random)
  const third = pointwiseUnit(second, half, namesOf(name, 3), random)
  const joined = connect(layers.concatenate({ name: `${name}_concat` }), [passed, third])
  return shuffleChannels(joined, 2, outputName)
}

function depthwiseUnit(
  input: SymbolicTensor,
  strides: number,
  name: string,
  number: number,
  random: RandomSource,
): SymbolicTensor {
  const options = { name: `${name}_conv${number}`, strides, initialization: fanInUniform, random }
  return batchNormalization(depthwiseConvolution(input, options), `${name}_bn${number}`)
}

function namesOf(name: string, number: number): PointwiseUnitNames {
  return {
    convolution: `${name}_conv${number}`,
    normalization: `${name}_bn${number}`,
    output: `${name}_relu${number}`,
  }
}

/** The names of a unit's three layers. */
interface PointwiseUnitNames {
  readonly convolution: string
  readonly normalization: string
  readonly output: string
}

/** Adds ShuffleNetV2's unit: a 1×1 convolution with batch normalisation and ReLU. */
function pointwiseUnit(
  input: SymbolicTensor,
  filters: number,
  names: PointwiseUnitNames,
  random: RandomSource,
): SymbolicTensor {
  const options = { name: names.convolution, filters, kernelSize: 1, initialization: fanInUniform, random }
  return relu(batchNormalization(convolution(input, options), names.normalization), names.output)
}
