import { defineMethod, fraction, type OptionsOf } from '@kd/core'
import { smoothedCrossEntropy } from '../terms/smoothed-cross-entropy.js'

/**
 * Label smoothing: training without a teacher on labels that are not quite certain. The baseline which shows how much of
 * a soft label's use is its softness alone.
 *
 *     target_i = (1 - smoothing) oneHot(label_i) + smoothing / C
 *     loss_i   = -sum_j target_ij log softmax(student_i)_j
 *
 * Its one part is `label`.
 *
 * @param options - see {@link LabelSmoothingOptions}
 * @returns a method without a teacher
 * @throws {@link InvalidArgumentError} when smoothing is not in [0, 1]
 *
 * @example
 * ```ts
 * import { labelSmoothing } from '@kd/losses'
 *
 * const method = labelSmoothing({ smoothing: 0.1 })
 * console.log(method.name) // label-smoothing
 * ```
 *
 * @see Szegedy et al.: Rethinking the Inception Architecture for Computer Vision, CVPR 2016, arXiv 1512.00567, section 7
 */
export const labelSmoothing = defineMethod({
  name: 'label-smoothing',
  summary: 'no teacher: part of the label spread over all classes (Szegedy 2016)',
  source:
    'Szegedy et al.: Rethinking the Inception Architecture for Computer Vision, CVPR 2016, arXiv 1512.00567, section 7',
  options: {
    smoothing: fraction(
      0.1,
      "the mass that is taken from the label and spread evenly over all classes, the label's own among them",
    ),
  },
  loss: ({ studentLogits, labels }, { smoothing }) => ({
    label: smoothedCrossEntropy(studentLogits, labels, smoothing, 'labelSmoothing'),
  }),
})

/** Options of {@link labelSmoothing}. */
export type LabelSmoothingOptions = OptionsOf<typeof labelSmoothing>
