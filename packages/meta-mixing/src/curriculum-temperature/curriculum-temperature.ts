import * as tf from '@tensorflow/tfjs-core'
import {
  assertSameShape,
  count,
  crossEntropy,
  defineMethod,
  positive,
  weight,
  type OptionsOf,
} from '@kd/core'

/**
 * A temperature that learns to make the student's task harder (CTKD): it climbs the loss that the student descends.
 *
 *     temperature = minTemperature + temperatureRange * sigmoid(t)
 *     loss_i      = hardLossWeight * CE(student_i, label_i)
 *                 + softLossWeight * temperature^2 * KL(teacher_i || student_i at temperature)
 *     gradient in t: times -(1 - cos(pi * min(epoch + 1, curriculumEpochs) / curriculumEpochs)) / 2
 *
 * One temperature for all examples; it begins at t = 1, which is 15.6 with the defaults. The t is the variable `temperatureScore` of
 * the method and follows the student's optimizer, weight decay included. Parts: `label`, `teacher`.
 *
 * @param options - see {@link CurriculumTemperatureOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { curriculumTemperature } from '@kd/meta-mixing'
 *
 * const method = curriculumTemperature({ curriculumEpochs: 20 })
 * console.log(method.name) // curriculum-temperature
 * ```
 *
 * @see Li et al.: Curriculum Temperature for Knowledge Distillation, AAAI 2023, arXiv 2211.16231, the global form. Range, start and the
 * cosine over 10 epochs counted from 1 are those of the published code; the weights 0.9 and 0.1 are our choice.
 */
export const curriculumTemperature = defineMethod({
  name: 'curriculum-temperature',
  summary: 'a temperature that learns to make the task harder (CTKD 2023)',
  source: 'Li et al.: Curriculum Temperature for Knowledge Distillation, AAAI 2023, arXiv 2211.16231',
  options: {
    minTemperature: positive(1, 'lower end of the temperature'),
    temperatureRange: positive(20, 'width of its range'),
    curriculumEpochs: count(
      10,
      "epochs over which the temperature's own learning rises from almost none to all",
    ),
    softLossWeight: weight(0.9, "weight of the teacher's term"),
    hardLossWeight: weight(0.1, "weight of the label's term"),
  },
  needs: { teachers: 1 },
  start(_, { minTemperature, temperatureRange, curriculumEpochs, softLossWeight, hardLossWeight }) {
    const score = tf.tidy(() => tf.variable(tf.scalar(1)))
    return {
      variables: { temperatureScore: score },
      phases: [
        {
          learner: 'student',
          loss({ studentLogits, teacherLogits: [teacherLogits], labels, epoch }) {
            assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'curriculumTemperature')
            const progress = Math.min(epoch + 1, curriculumEpochs) / curriculumEpochs
            const reversed = scaledGradient(score, -(1 - Math.cos(Math.PI * progress)) / 2)
            const temperature = tf.add(minTemperature, tf.mul(temperatureRange, tf.sigmoid(reversed)))
            const divergence = softenedDivergence(teacherLogits!, studentLogits, temperature)
            return {
              label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
              teacher: tf.mul(tf.mul(softLossWeight, tf.square(temperature)), divergence),
            }
          },
        },
      ],
    }
  },
})

/** Options of {@link curriculumTemperature}. */
export type CurriculumTemperatureOptions = OptionsOf<typeof curriculumTemperature>

/**
 * KL by operations that pass a gradient on to the temperature as well, which `klDivergence` takes as a number. The sum of
 * student - teacher probabilities, which is 0, takes the rounding of both normalisations out again: it weighs much where
 * temperature^2 does.
 */
function softenedDivergence(
  teacherLogits: tf.Tensor2D,
  studentLogits: tf.Tensor2D,
  temperature: tf.Tensor,
): tf.Tensor1D {
  const teacher = tf.logSoftmax(tf.div(teacherLogits, temperature))
  const student = tf.logSoftmax(tf.div(studentLogits, temperature))
  const soft = tf.exp(teacher)
  const surplus = tf.sub(tf.exp(student), soft)
  return tf.sum<tf.Tensor1D>(tf.add(tf.mul(soft, tf.sub(teacher, student)), surplus), 1)
}

/** The tensor itself, with its gradient times a factor. */
function scaledGradient(tensor: tf.Tensor, factor: number): tf.Tensor {
  return tf.customGrad((input) => ({
    value: tf.clone(input as tf.Tensor),
    gradFunc: (gradient: tf.Tensor) => tf.mul(factor, gradient),
  }))(tensor)
}
