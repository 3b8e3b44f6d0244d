import * as tf from '@tensorflow/tfjs-core'
import {
  assertSameShape,
  crossEntropy,
  defineMethod,
  fraction,
  softCrossEntropy,
  softmaxWithTemperature,
  temperature,
  weight,
  type OptionsOf,
} from '@kd/core'
import { readExamples } from '../terms/read-examples.js'
import { smoothedCrossEntropy } from '../terms/smoothed-cross-entropy.js'
import { softLabelWeightOptions, softLabelWeights, weightsFromLosses } from '../terms/soft-label-weights.js'

/** The settings with which the authors report results, for {@link weightedSoftLabels}. */
export const weightedSoftLabelsPresets: {
  /** CIFAR-100, by the training protocol of CRD (240 epochs, batch 64); these are also the method's defaults. */
  readonly cifar: Readonly<{ temperature: number; softLossWeight: number }>
  /** ImageNet, as hard-coded in the authors' code. */
  readonly imagenet: Readonly<{ temperature: number; softLossWeight: number }>
} = {
  cifar: { temperature: 4, softLossWeight: 2.25 },
  imagenet: { temperature: 2, softLossWeight: 2.5 },
}

/**
 * Weighted Soft Labels (WSL): distillation that listens to the teacher the more, the further the student is behind it on
 * the example.
 *
 *     weight_i = 1 - exp(-CE(student_i, label_i) / (CE(teacher_i, label_i) + epsilon))
 *     loss_i   = hardLossWeight * CE(student_i, label_i)
 *              + softLossWeight * temperature^2 * weight_i * softCE(student_i, teacher_i at temperature)
 *
 * The weights are constants for the gradient and are not normalised over the batch. As in the authors' code the teacher's
 * term is the cross-entropy to the soft label, not the KL divergence: the gradient is the same, the value is larger by
 * the entropy of the soft label. Parts: `label`, `teacher`. By example it gives `softLabelWeight`, the weight above.
 *
 * @param options - see {@link WeightedSoftLabelsOptions}; {@link weightedSoftLabelsPresets} holds the authors' settings
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { weightedSoftLabels, weightedSoftLabelsPresets } from '@kd/losses'
 *
 * const method = weightedSoftLabels(weightedSoftLabelsPresets.imagenet)
 * console.log(method.name) // weighted-soft-labels
 * ```
 *
 * @see Zhou et al.: Rethinking Soft Labels for Knowledge Distillation: A Bias-Variance Tradeoff Perspective, ICLR 2021,
 * arXiv 2102.00650; https://github.com/bellymonster/Weighted-Soft-Label-Distillation
 */
export const weightedSoftLabels = defineMethod({
  name: 'weighted-soft-labels',
  summary: 'weigh each example by how the student does against the teacher (Zhou 2021)',
  source:
    'Zhou et al.: Rethinking Soft Labels for Knowledge Distillation: A Bias-Variance Tradeoff Perspective, ICLR 2021, arXiv 2102.00650',
  options: {
    temperature: temperature(
      weightedSoftLabelsPresets.cifar.temperature,
      "softens teacher and student in the teacher's term; the weight is always taken at temperature 1",
    ),
    softLossWeight: weight(
      weightedSoftLabelsPresets.cifar.softLossWeight,
      "weight of the teacher's term (alpha)",
    ),
    hardLossWeight: weight(1, "weight of the label's term"),
    labelSmoothing: fraction(
      0,
      "smoothing of the label's term, never of the losses in the weight; the authors' configuration can set it to 0.1 and leaves it off",
    ),
    ...softLabelWeightOptions,
  },
  needs: { teachers: 1, exampleOutputs: true },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }, options) => {
    const { temperature, softLossWeight, hardLossWeight, labelSmoothing, epsilon } = options
    assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'weightedSoftLabels')
    const hardLosses = smoothedCrossEntropy(studentLogits, labels, labelSmoothing, 'weightedSoftLabels')
    const studentLosses = labelSmoothing === 0 ? hardLosses : crossEntropy(studentLogits, labels)
    const weights = weightsFromLosses(studentLosses, crossEntropy(teacherLogits!, labels), epsilon)
    const softLabels = softmaxWithTemperature(teacherLogits!, temperature)
    const softLosses = softCrossEntropy(studentLogits, softLabels, temperature)
    return {
      label: tf.mul(hardLossWeight, hardLosses),
      teacher: tf.mul(tf.mul(softLossWeight * temperature ** 2, weights), softLosses),
    }
  },
  examples: async ({ studentLogits, teacherLogits: [teacherLogits], labels }, { epsilon }) => ({
    softLabelWeight: await readExamples(() =>
      softLabelWeights(studentLogits, teacherLogits!, labels, { epsilon }),
    ),
  }),
})

/** Options of {@link weightedSoftLabels}. */
export type WeightedSoftLabelsOptions = OptionsOf<typeof weightedSoftLabels>
