import * as tf from '@tensorflow/tfjs-core'
import { choice, defineMethod, type OptionsOf, type RunStart } from '@kd/core'
import { batchNormalization, convolution, variablesOf, type Adapter } from '../terms/adapters.js'
import {
  assertFit,
  comparison,
  featureNeeds,
  isMap,
  oneFeature,
  shapesOf,
  termWeights,
  type FeatureChoice,
  type ShapePair,
} from '../terms/compared-features.js'
import { channelRows, gram, unit } from '../terms/maps.js'

/**
 * Inter-channel correlation: how the student's channels go together in one example is led to how the teacher's do.
 *
 *     R(f) = f f^T of the channels' maps [C, C], each row divided by its length
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i) + featureWeight * |R(student_i) - R(teacher_i)|^2 / C
 *
 * Both maps have the same number of channels, or `embedding` gives the student's as many by a convolution without bias and batch normalisation;
 * sizes may differ. Parts: `label`, `channels`.
 *
 * @param options - see {@link ChannelCorrelationOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range, {@link ShapeError} when a run begins whose features are no maps, or
 * have different numbers of channels and no embedding
 *
 * @example
 * ```ts
 * import { channelCorrelation } from '@kd/features'
 *
 * console.log(channelCorrelation({ studentFeature: 'stage3', teacherFeature: 'stage3' }).name) // channel-correlation
 * ```
 *
 * @see Liu et al.: Exploring Inter-Channel Correlation for Diversity-Preserved Knowledge Distillation, ICCV 2021, arXiv 2202.03680. The
 * weight 2.5 and the mean over examples are those of the authors' code for CIFAR; their code for ImageNet, and torchdistill, divide by the
 * number of examples once more (`scale: 'batch-squared'`).
 */
export const channelCorrelation = defineMethod({
  name: 'channel-correlation',
  summary: "lead how the student's channels go together to how the teacher's do (ICKD 2021)",
  source:
    'Liu et al.: Exploring Inter-Channel Correlation for Diversity-Preserved Knowledge Distillation, ICCV 2021, arXiv 2202.03680',
  options: {
    ...oneFeature('stage3'),
    scale: choice(
      ['batch', 'batch-squared'],
      'batch',
      'what the sum over examples is divided by: their number, or its square',
    ),
    embedding: choice(
      ['none', '1x1', '3x3'],
      'none',
      "a trainable convolution with batch normalisation that gives the student's map the teacher's channels",
    ),
    ...termWeights(2.5),
  },
  needs: featureNeeds,
  start(run, options) {
    assertFit(
      'channelCorrelation',
      run,
      options,
      options.embedding === 'none'
        ? 'maps [height, width, channels] with as many channels, unless there is an embedding'
        : 'maps [height, width, channels]',
      (student, teacher) =>
        isMap(student) && isMap(teacher) && (options.embedding !== 'none' || student[2] === teacher[2]),
    )
    const embedding = embeddingOf(run, options)
    return comparison(
      options,
      ([pair]) => {
        const { teacher } = pair!
        const [examples, , , channels] = teacher.shape as [number, number, number, number]
        const student = embedding.reduce((map, layer) => layer.apply(map), pair!.student)
        const squares = tf.squaredDifference(correlations(student), correlations(teacher))
        const divisor = options.scale === 'batch' ? channels : channels * examples
        return { channels: tf.div(tf.sum(squares, [1, 2]), divisor) }
      },
      variablesOf(Object.fromEntries(embedding.map((layer, index) => [['conv', 'bn'][index]!, layer]))),
    )
  },
})

/** Options of {@link channelCorrelation}. */
export type ChannelCorrelationOptions = OptionsOf<typeof channelCorrelation>

/** The layers of the embedding; none where there is none. */
function embeddingOf(
  run: RunStart,
  options: FeatureChoice & { readonly embedding: 'none' | '1x1' | '3x3' },
): Adapter[] {
  if (options.embedding === 'none') return []
  const [{ student, teacher }] = shapesOf(run, options) as [ShapePair]
  const [inputs, outputs] = [student[2]!, teacher[2]!]
  const random = run.random.split('embedding')
  return [
    convolution({ size: options.embedding === '1x1' ? 1 : 3, inputs, outputs, random }),
    batchNormalization(outputs),
  ]
}

function correlations(map: tf.Tensor): tf.Tensor3D {
  return unit(gram(channelRows(map)), 2)
}
