import {
  defineModel,
  fraction,
  InvalidArgumentError,
  randomSource,
  requiredOption,
  type RandomSource,
} from '@kd/core'
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import * as z from 'zod/mini'
import { pooledClassifier } from '../building-blocks/classifier.js'
import { convolution } from '../building-blocks/convolutions.js'
import { fanInUniform, zeros } from '../building-blocks/initialization.js'
import { batchNormalization, connect, relu, sum } from '../building-blocks/layers.js'
import { assertImageModel, cifarShape, width } from './model-options.js'

/**
 * The wide residual network WRN-depth-widthFactor of Zagoruyko & Komodakis (2016), with pre-activation, as the distillation
 * benchmark RepDistiller defines it.
 *
 * Layers by name: `stem` (the first convolution), `stage1`, `stage2`, `stage3` (sums, before the batch normalisation and
 * ReLU that follow), `features` [N, 64 · widthFactor], `logits`.
 *
 * Initial weights: convolutions N(0, 2 / fanOut), the classifier uniform ±1/sqrt(fanIn) with bias 0. Dropout masks do not
 * follow from `seed` but from that of the training loop of @kd/core, which seeds dropout layers anew at each step.
 *
 * @param options - see {@link WideResnetOptions}
 * @returns a model from [N, H, W, channels] to unnormalised logits [N, C]
 * @throws {@link InvalidArgumentError} when the depth is not 6n + 4, or the factor no positive integer
 * @throws {@link ShapeError} when the input shape is none of an image
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { wideResnet } from '@kd/models'
 *
 * const student = wideResnet({ depth: 16, widthFactor: 2, classes: 100 })
 * console.log(student.name, student.getLayer('features').outputShape) // wrn-16-2 [null, 128]
 * ```
 *
 * @see S. Zagoruyko, N. Komodakis: Wide Residual Networks, BMVC 2016
 * @see https://github.com/HobbitLong/RepDistiller
 */
export const wideResnet = defineModel({
  name: 'wide-resnet',
  summary: 'WRN-16-1 to 40-2',
  source: 'S. Zagoruyko, N. Komodakis: Wide Residual Networks, BMVC 2016',
  options: {
    depth: requiredOption(z.int().check(z.minimum(10)), '6n + 4: 16, 22, 28, 40'),
    widthFactor: requiredOption(width, 'channels of the stages: 16, 32, 64 times this'),
    dropoutRate: fraction(0, "share of a block's hidden activations that training sets to zero", {
      below: true,
    }),
  },
  inputShape: cifarShape,
  make({ inputShape, classes, seed }, { depth, widthFactor, dropoutRate }) {
    if ((depth - 4) % 6 !== 0) {
      throw new InvalidArgumentError(`wideResnet: depth must be 6n + 4 with n >= 1, got ${depth}`, {
        hint: 'the usual ones are 16, 28 and 40',
      })
    }
    assertImageModel(classes, inputShape, 'wideResnet')
    const random = randomSource(seed)
    const blocks = (depth - 4) / 6
    const inputs = input({ name: 'input', shape: [...inputShape] })
    let output = convolution(inputs, { name: 'stem', filters: 16, random })
    for (let stage = 1; stage <= 3; stage++) {
      const filters = 16 * widthFactor * 2 ** (stage - 1)
      for (let block = 1; block <= blocks; block++) {
        const name = `stage${stage}_block${block}`
        const outputName = block === blocks ? `stage${stage}` : name
        const strides = block === 1 && stage > 1 ? 2 : 1
        output = preActivationBlock(output, { name, outputName, filters, strides, dropoutRate, random })
      }
    }
    const activated = relu(batchNormalization(output, 'head_bn'), 'head')
    const start = { initialization: fanInUniform, biasInitialization: zeros }
    const outputs = pooledClassifier(activated, { classes, random, ...start })
    return model({ name: `wrn-${depth}-${widthFactor}`, inputs, outputs })
  },
})

/** Options of {@link wideResnet}. */
export type WideResnetOptions = Parameters<typeof wideResnet>[0]

/** Options of {@link preActivationBlock}. */
interface PreActivationBlockOptions {
  /** The prefix of the names of its layers. */
  readonly name: string
  /** The name of its last layer. */
  readonly outputName: string
  readonly filters: number
  readonly strides: number
  readonly dropoutRate: number
  readonly random: RandomSource
}

/**
 * Adds the block conv(dropout(relu(bn(conv(a))))) + shortcut, where a = relu(bn(x)). The shortcut is x itself where the channels stay,
 * else a 1×1 convolution of a.
 */
function preActivationBlock(input: SymbolicTensor, options: PreActivationBlockOptions): SymbolicTensor {
  const { name, outputName, filters, strides, dropoutRate, random } = options
  const activated = relu(batchNormalization(input, `${name}_bn1`), `${name}_relu1`)
  const first = convolution(activated, { name: `${name}_conv1`, filters, strides, random })
  const hidden = relu(batchNormalization(first, `${name}_bn2`), `${name}_relu2`)
  // Without a seed: a fixed one would give the same mask at every step. The training loop sets one per step.
  const dropout = layers.dropout({ name: `${name}_dropout`, rate: dropoutRate })
  const kept = dropoutRate > 0 ? connect(dropout, hidden) : hidden
  const second = convolution(kept, { name: `${name}_conv2`, filters, random })
  if (input.shape.at(-1) === filters) return sum([input, second], outputName)
  const projection = { name: `${name}_shortcut_conv`, filters, kernelSize: 1, strides, random }
  return sum([convolution(activated, projection), second], outputName)
}
