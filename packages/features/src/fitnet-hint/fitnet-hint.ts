import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, flag, weight, type OptionsOf } from '@kd/core'
import { featureNeeds, oneFeature } from '../terms/compared-features.js'
import { regressor } from './regressor.js'

/**
 * FitNet: a feature of the student is led to a feature of the teacher, the hint, through a small regressor that is trained with the
 * student.
 *
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i)
 *            + hintWeight * mean over units of (regressor(student feature_i) - teacher feature_i)^2
 *
 * The regressor follows from the shapes of the two features: for maps a convolution (1x1 for equal sizes, 3x3 with stride 2 for a
 * student's map of twice the size, a transposed 4x4 for a teacher's of twice the size, a larger one without padding else), for vectors a
 * dense layer; then batch normalisation with the batch's statistics and ReLU, each of which can be left out. Its weights come from
 * the run's seed. Of several teachers, `teacher` says which one gives the hint. Both terms are joint; with `hardLossWeight: 0` it is the first stage of the paper. Parts: `label`, `hint`.
 *
 * @param options - see {@link FitnetHintOptions}
 * @returns a method for one teacher and any task
 * @throws {@link InvalidArgumentError} when a weight is negative, {@link ShapeError} when a run begins whose features have other forms
 * or whose student's map is smaller than the teacher's by other than half
 *
 * @example
 * ```ts
 * import { fitnetHint } from '@kd/features'
 *
 * const method = fitnetHint({ studentFeature: 'stage2', teacherFeature: 'stage2' })
 * console.log(method.needs.studentFeatures) // [ 'stage2' ]
 * ```
 *
 * @see Romero et al.: FitNets: Hints for Thin Deep Nets, ICLR 2015, arXiv 1412.6550. Regressor, weight and the joint training are those of
 * RepDistiller and mdistiller; the paper trains in two stages. PyTorch's first weights of a convolution, uniform in
 * ±1/sqrt(inputs), are ours to choose and chosen here.
 */
export const fitnetHint = defineMethod({
  name: 'fitnet-hint',
  summary: "lead a feature of the student to the teacher's through a regressor (FitNet 2015)",
  source: 'Romero et al.: FitNets: Hints for Thin Deep Nets, ICLR 2015, arXiv 1412.6550',
  options: {
    ...oneFeature('penultimate'),
    hintWeight: weight(100, "weight of the hint's term"),
    hardLossWeight: weight(1, "weight of the label's term"),
    batchNormalization: flag(true, 'whether the regressor normalises'),
    relu: flag(
      true,
      'whether the regressor ends in ReLU, as a feature of the teacher after its ReLU asks for',
    ),
  },
  needs: featureNeeds,
  start(
    run,
    { studentFeature, teacherFeature, teacher, hintWeight, hardLossWeight, batchNormalization, relu },
  ) {
    const layer = regressor({
      from: run.student.features[studentFeature]!,
      to: run.teachers[teacher]!.features[teacherFeature]!,
      random: run.random.split('regressor'),
      batchNormalization,
      relu,
    })
    return {
      variables: layer.variables,
      phases: [
        {
          learner: 'student',
          loss: ({ task, labels, studentLogits, studentFeatures, teacherFeatures }) => {
            const hint = teacherFeatures[teacher]![teacherFeature]!
            const distance = tf.squaredDifference(layer.apply(studentFeatures[studentFeature]!), hint)
            const units = distance.shape.map((_, axis) => axis).slice(1)
            return {
              label: tf.mul(hardLossWeight, task.labelLoss(studentLogits, labels)),
              hint: tf.mul<tf.Tensor1D>(hintWeight, tf.mean<tf.Tensor1D>(distance, units)),
            }
          },
        },
      ],
    }
  },
})

/** Options of {@link fitnetHint}. */
export type FitnetHintOptions = OptionsOf<typeof fitnetHint>
