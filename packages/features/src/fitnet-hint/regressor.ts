import * as tf from '@tensorflow/tfjs-core'
import { ShapeError, type NamedVariables, type RandomSource } from '@kd/core'

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

/** A layer from one feature to another, with its variables. */
export interface Regressor {
  readonly variables: NamedVariables
  apply(feature: tf.Tensor): tf.Tensor
}

/** PyTorch's, which peers use; the default of TensorFlow.js is 1e-3. */
const EPSILON = 1e-5

/**
 * Makes the regressor of two features.
 *
 * @param options - see {@link RegressorOptions}
 * @returns a trainable layer
 * @throws {@link ShapeError} when no regressor leads from one shape to the other
 */
export function regressor({ from, to, random, batchNormalization, relu }: RegressorOptions): Regressor {
  const linear = linearPart(from, to)
  const { kernelShape, inputs } = linear
  const outputs = to.at(-1)!
  const limit = 1 / Math.sqrt(inputs)
  const kernel = Float32Array.from(
    { length: tf.util.sizeFromShape(kernelShape) },
    () => limit * (2 * random.uniform() - 1),
  )
  const variables: Record<string, tf.Variable> = {
    kernel: tf.variable(tf.tensor(kernel, kernelShape)),
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
      if (batchNormalization) value = normalized(value, variables['scale']!, variables['offset']!)
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

/** Batch normalisation over all axes but the channels, with the batch's own statistics: a regressor is never used without a batch. */
function normalized(value: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor {
  const axes = value.shape.map((_, axis) => axis).slice(0, -1)
  const { mean, variance } = tf.moments(value, axes)
  return tf.batchNorm(
    value as tf.Tensor4D,
    mean as tf.Tensor1D,
    variance as tf.Tensor1D,
    offset as tf.Tensor1D,
    scale as tf.Tensor1D,
    EPSILON,
  )
}

function mismatch(from: readonly number[], to: readonly number[]): ShapeError {
  return new ShapeError(
    `fitnetHint: features must be two vectors, or two maps of which the teacher's is not larger by other than twice, got [${from.join(', ')}] and [${to.join(', ')}]`,
    { hint: 'choose other layers with studentFeature and teacherFeature' },
  )
}
