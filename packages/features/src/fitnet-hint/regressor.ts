import * as tf from '@tensorflow/tfjs-core'
import { ShapeError, type RandomSource } from '@kd/core'
import { batchNormalized, uniformWeights, type Adapter } from '../terms/adapters.js'

/** What a regressor leads from and to, and how. */
export interface RegressorOptions {
  /** Shape of the student's feature without the batch axis: [D], or [height, width, channels]. */
  readonly from: readonly number[]
  /** Shape of the teacher's feature. */
  readonly to: readonly number[]
  /** Draws the first weights. */
  readonly random: RandomSource
  readonly batchNormalization: boolean
  readonly relu: boolean
}

/**
 * Makes the regressor of two features.
 *
 * @param options - see {@link RegressorOptions}
 * @returns a trainable layer
 * @throws {@link ShapeError} when no regressor leads from one shape to the other
 */
export function regressor({ from, to, random, batchNormalization, relu }: RegressorOptions): Adapter {
  const linear = linearPart(from, to)
  const { kernelShape, inputs } = linear
  const outputs = to.at(-1)!
  const variables: Record<string, tf.Variable> = {
    kernel: uniformWeights(kernelShape, inputs, random),
    bias: tf.variable(tf.zeros([outputs])),
    ...(batchNormalization && {
      scale: tf.variable(tf.ones([outputs])),
      offset: tf.variable(tf.zeros([outputs])),
    }),
  }
  return {
    variables,
    apply(feature) {
      let value = tf.add(linear.product(feature, variables['kernel']!), variables['bias']!)
      if (batchNormalization) value = batchNormalized(value, variables['scale']!, variables['offset']!)
      return relu ? tf.relu(value) : value
    },
  }
}

interface LinearPart {
  readonly kernelShape: number[]
  /** Numbers that each output is a sum over. */
  readonly inputs: number
  product(feature: tf.Tensor, kernel: tf.Tensor): tf.Tensor
}

function linearPart(from: readonly number[], to: readonly number[]): LinearPart {
  if (from.length === 1 && to.length === 1) {
    return {
      kernelShape: [from[0]!, to[0]!],
      inputs: from[0]!,
      product: (feature, kernel) => tf.matMul(feature, kernel),
    }
  }
  if (from.length !== 3 || to.length !== 3) throw mismatch(from, to)
  const [size, width, channels] = from as [number, number, number]
  const [wanted, wantedWidth, outputs] = to as [number, number, number]
  if (size - wanted !== width - wantedWidth && size * wantedWidth !== width * wanted) throw mismatch(from, to)
  const convolution = (height: number, across: number, stride: number, pad: number): LinearPart => ({
    kernelShape: [height, across, channels, outputs],
    inputs: height * across * channels,
    // PyTorch pads both sides alike, 'same' of TensorFlow only one where the stride is 2.
    product: (feature, kernel) =>
      tf.conv2d(feature as tf.Tensor4D, kernel as tf.Tensor4D, stride, pad, 'NHWC', 1, 'floor'),
  })
  if (size === 2 * wanted && width === 2 * wantedWidth) return convolution(3, 3, 2, 1)
  if (wanted === 2 * size && wantedWidth === 2 * width) {
    return {
      kernelShape: [4, 4, outputs, channels],
      inputs: 16 * channels,
      product: (feature, kernel) =>
        tf.conv2dTranspose(
          feature as tf.Tensor4D,
          kernel as tf.Tensor4D,
          [feature.shape[0], wanted, wantedWidth, outputs],
          2,
          1,
          'floor',
        ),
    }
  }
  if (size < wanted || width < wantedWidth) throw mismatch(from, to)
  return convolution(1 + size - wanted, 1 + width - wantedWidth, 1, 0)
}

function mismatch(from: readonly number[], to: readonly number[]): ShapeError {
  return new ShapeError(
    `fitnetHint: features must be two vectors, or two maps of which the teacher's is not larger by other than twice, got [${from.join(', ')}] and [${to.join(', ')}]`,
    { hint: 'choose other layers with studentFeature and teacherFeature' },
  )
}
