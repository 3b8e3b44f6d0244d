import * as tf from '@tensorflow/tfjs-core'
import { choice, count, defineMethod, type OptionsOf } from '@kd/core'
import {
  assertFit,
  assertPaired,
  comparison,
  featureNeeds,
  isMap,
  severalFeatures,
  termWeights,
  type FeaturePair,
} from '../terms/compared-features.js'
import { flat, sameSize, unit } from '../terms/maps.js'

/**
 * Attention transfer: where the student's maps are strong is led to where the teacher's are.
 *
 *     A(f) = unit(mean over channels of f^power), over the positions of one example
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i)
 *            + featureWeight * sum over stages of mean over positions of (A(student_i) - A(teacher_i))^2
 *
 * Maps may have any number of channels; the larger of two maps is pooled to the size of the smaller. With `distance: 'length'` the
 * second term is the length |A(student_i) - A(teacher_i)| of the paper, which is larger by orders of magnitude: weigh it anew. Parts: `label`,
 * `attention`.
 *
 * @param options - see {@link AttentionTransferOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range or lists of different lengths, {@link ShapeError} when a run begins whose
 * features are no maps [height, width, channels]
 *
 * @example
 * ```ts
 * import { attentionTransfer } from '@kd/features'
 *
 * console.log(attentionTransfer().needs.studentFeatures) // [ 'stage1', 'stage2', 'stage3' ]
 * ```
 *
 * @see Zagoruyko, Komodakis: Paying More Attention to Attention, ICLR 2017, arXiv 1612.03928. The squares with their mean and the weight
 * 1000 are those of the authors' code, RepDistiller and mdistiller.
 */
export const attentionTransfer = defineMethod({
  name: 'attention-transfer',
  summary: 'lead where the student looks to where the teacher looks (AT 2017)',
  source: 'Zagoruyko, Komodakis: Paying More Attention to Attention, ICLR 2017, arXiv 1612.03928',
  options: {
    ...severalFeatures('stage1', 'stage2', 'stage3'),
    power: count(2, 'power of an activation in the map'),
    distance: choice(
      ['mean-square', 'length'],
      'mean-square',
      'how two maps are compared: as the code does, or as the paper says',
    ),
    ...termWeights(1000),
  },
  needs: featureNeeds,
  check: (options) => {
    assertPaired('attentionTransfer', options)
  },
  start(run, options) {
    assertFit(
      'attentionTransfer',
      run,
      options,
      'maps [height, width, channels]',
      (student, teacher) => isMap(student) && isMap(teacher),
    )
    const { power, distance } = options
    const ofPair = (pair: FeaturePair): tf.Tensor1D => {
      const { student, teacher } = sameSize(pair)
      const squares = tf.squaredDifference(attentionMap(student, power), attentionMap(teacher, power))
      return distance === 'mean-square' ? tf.mean(squares, 1) : tf.sqrt(tf.maximum(tf.sum(squares, 1), 1e-24))
    }
    return comparison(options, (pairs) => ({ attention: tf.addN(pairs.map(ofPair)) }))
  },
})

/** Options of {@link attentionTransfer}. */
export type AttentionTransferOptions = OptionsOf<typeof attentionTransfer>

function attentionMap(map: tf.Tensor, power: number): tf.Tensor2D {
  const powers = power === 2 ? tf.square(map) : tf.pow(map, power)
  return unit(flat(tf.mean(powers, 3)), 1)
}
