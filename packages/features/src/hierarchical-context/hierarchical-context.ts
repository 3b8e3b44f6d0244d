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
} from '../terms/compared-features.js'
import { contextDifference } from '../terms/context.js'

/**
 * Hierarchical context loss: maps of one shape are compared at full size and pooled to 4x4, 2x2 and one position.
 *
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i) + featureWeight * sum over stages of
 *              (MSE + 1/2 MSE_4 + 1/4 MSE_2 + 1/8 MSE_1) / (1 + 1/2 + 1/4 + 1/8)
 *
 * MSE_l compares the maps of example i averaged to l x l. It is the loss within ReviewKD, here without its trainable fusion, so student and
 * teacher must have maps of the same shape. Parts: `label`, `context`.
 *
 * @param options - see {@link HierarchicalContextOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} for options out of range or lists of different lengths, {@link ShapeError} when a run begins whose
 * features are no maps of one shape
 *
 * @example
 * ```ts
 * import { hierarchicalContext } from '@kd/features'
 *
 * const names = ['stage2', 'stage3']
 * console.log(hierarchicalContext({ studentFeatures: names, teacherFeatures: names }).needs.studentFeatures) // [ 'stage2', 'stage3' ]
 * ```
 *
 * @see Chen, Liu, Zhao, Jia: Distilling Knowledge via Knowledge Review, CVPR 2021, arXiv 2104.09044, as its code computes it. A use of
 * this loss alone, and the weight 1 for it, are ours.
 */
export const hierarchicalContext = defineMethod({
  name: 'hierarchical-context',
  summary: 'compare maps of one shape at several sizes (the loss within ReviewKD 2021)',
  source: 'Chen, Liu, Zhao, Jia: Distilling Knowledge via Knowledge Review, CVPR 2021, arXiv 2104.09044',
  options: { ...severalFeatures('stage1', 'stage2', 'stage3'), ...termWeights(1) },
  needs: featureNeeds,
  check: (options) => {
    assertPaired('hierarchicalContext', options)
  },
  start(run, options) {
    assertFit(
      'hierarchicalContext',
      run,
      options,
      'maps [height, width, channels] of one shape',
      (student, teacher) => isMap(student) && student.join() === teacher.join(),
    )
    return comparison(options, (pairs) => ({ context: tf.addN(pairs.map(contextDifference)) }))
  },
})

/** Options of {@link hierarchicalContext}. */
export type HierarchicalContextOptions = OptionsOf<typeof hierarchicalContext>
