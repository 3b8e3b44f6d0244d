import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, type OptionsOf } from '@kd/core'
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
import { channelRows, meanOfExample, sameSize, unit } from '../terms/maps.js'

/**
 * Neuron selectivity transfer: the set of the student's channel maps is led to that of the teacher's, by their maximum mean discrepancy.
 *
 *     s_c, t_d = channel maps of one example, as vectors of length 1
 *     k(a, b) = mean over all pairs of (a_c . b_d)^2
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i)
 *            + featureWeight * sum over stages of k(t, t) + k(s, s) - 2 k(s, t)
 *
 * Numbers of channels may differ; the larger of two maps is pooled to the size of the smaller. Parts: `label`, `selectivity`.
 *
 * @param options - see {@link NeuronSelectivityOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range or lists of different lengths, {@link ShapeError} when a run begins whose
 * features are no maps [height, width, channels]
 *
 * @example
 * ```ts
 * import { neuronSelectivity } from '@kd/features'
 *
 * console.log(neuronSelectivity({ featureWeight: 10 }).name) // neuron-selectivity
 * ```
 *
 * @see Huang, Wang: Like What You Like: Knowledge Distill via Neuron Selectivity Transfer, 2017, arXiv 1707.01219. The kernel is the
 * paper's polynomial one of degree 2 without a constant, as RepDistiller and mdistiller have it; so is the weight 50.
 */
export const neuronSelectivity = defineMethod({
  name: 'neuron-selectivity',
  summary: "lead the set of the student's channel maps to the teacher's (NST 2017)",
  source:
    'Huang, Wang: Like What You Like: Knowledge Distill via Neuron Selectivity Transfer, 2017, arXiv 1707.01219',
  options: { ...severalFeatures('stage1', 'stage2', 'stage3'), ...termWeights(50) },
  needs: featureNeeds,
  check: (options) => {
    assertPaired('neuronSelectivity', options)
  },
  start(run, options) {
    assertFit(
      'neuronSelectivity',
      run,
      options,
      'maps [height, width, channels]',
      (student, teacher) => isMap(student) && isMap(teacher),
    )
    return comparison(options, (pairs) => ({ selectivity: tf.addN(pairs.map(discrepancy)) }))
  },
})

/** Options of {@link neuronSelectivity}. */
export type NeuronSelectivityOptions = OptionsOf<typeof neuronSelectivity>

function discrepancy(pair: FeaturePair): tf.Tensor1D {
  const { student, teacher } = sameSize(pair)
  const [rows, targets] = [unit(channelRows(student), 2), unit(channelRows(teacher), 2)]
  const kernel = (left: tf.Tensor3D, right: tf.Tensor3D): tf.Tensor1D =>
    meanOfExample(tf.square(tf.matMul(left, right, false, true)))
  return tf.sub(tf.add(kernel(targets, targets), kernel(rows, rows)), tf.mul(2, kernel(rows, targets)))
}
