import * as tf from '@tensorflow/tfjs-core'
import {
  assertInRange,
  assertPositive,
  assertSameShape,
  crossEntropy,
  InvalidArgumentError,
  meanLoss,
  ShapeError,
  type DistillationMethod,
} from '@kd/core'

/** Options of {@link curriculumTemperature}. */
export interface CurriculumTemperatureOptions {
  /**
   * Lower end of the temperature, > 0.
   * @defaultValue 1
   */
  readonly minTemperature?: number
  /**
   * Width of its range, > 0.
   * @defaultValue 20
   */
  readonly temperatureRange?: number
  /**
   * Epochs over which the temperature's own learning rises from almost none to all, >= 1.
   * @defaultValue 10
   */
  readonly curriculumEpochs?: number
  /**
   * Weight of the teacher's term, >= 0.
   * @defaultValue 0.9
   */
  readonly softLossWeight?: number
  /**
   * Weight of the label's term, >= 0.
   * @defaultValue 0.1
   */
  readonly hardLossWeight?: number
}

/**
 * A temperature that learns to make the student's task harder (CTKD): it climbs the loss that the student descends.
 *
 *     temperature = minTemperature + temperatureRange * sigmoid(t)
 *     loss_i      = hardLossWeight * CE(student_i, label_i)
 *                 + softLossWeight * temperature^2 * KL(teacher_i || student_i at temperature)
 *     gradient in t: times -(1 - cos(pi * min(epoch + 1, curriculumEpochs) / curriculumEpochs)) / 2
 *
 * One temperature for all examples; it begins at t = 1, which is 15.6 with the defaults. It is a `variable` of the method and follows the
 * student's optimizer, weight decay included. Parts: `label`, `teacher`.
 *
 * @param options - see {@link CurriculumTemperatureOptions}
 * @returns a method with a variable of its own; dispose it when it is no longer needed
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { selectEngine } from '@kd/core'
 * import { curriculumTemperature } from '@kd/meta-mixing'
 *
 * await selectEngine('cpu')
 * const method = curriculumTemperature({ curriculumEpochs: 20 })
 * console.log(method.variables?.length) // 1
 * ```
 *
 * @see Li et al.: Curriculum Temperature for Knowledge Distillation, AAAI 2023, arXiv 2211.16231, the global form. Range, start and the
 * cosine over 10 epochs counted from 1 are those of the published code; the weights 0.9 and 0.1 are our choice.
 */
export function curriculumTemperature(options: CurriculumTemperatureOptions = {}): DistillationMethod {
  const { minTemperature = 1, temperatureRange = 20, curriculumEpochs = 10 } = options
  const { softLossWeight = 0.9, hardLossWeight = 0.1 } = options
  for (const [name, value] of Object.entries({ minTemperature, temperatureRange })) {
    assertPositive(value, name, 'curriculumTemperature')
  }
  for (const [name, value] of Object.entries({ softLossWeight, hardLossWeight })) {
    assertInRange(value, { min: 0 }, name, 'curriculumTemperature')
  }
  if (!Number.isInteger(curriculumEpochs) || curriculumEpochs < 1) {
    throw new InvalidArgumentError(
      `curriculumTemperature: curriculumEpochs must be a whole number >= 1, got ${curriculumEpochs}`,
    )
  }
  const score = tf.variable(tf.scalar(1))
  return {
    name: 'curriculum-temperature',
    requires: { teachers: 1 },
    variables: [score],
    loss({ studentLogits, teacherLogits: [teacherLogits], labels, epoch }) {
      assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'curriculumTemperature')
      const progress = Math.min(epoch + 1, curriculumEpochs) / curriculumEpochs
      const reversed = scaledGradient(score, -(1 - Math.cos(Math.PI * progress)) / 2)
      const temperature = tf.add(minTemperature, tf.mul(temperatureRange, tf.sigmoid(reversed)))
      const divergence = softenedDivergence(teacherLogits!, studentLogits, temperature)
      return meanLoss({
        label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
        teacher: tf.mul(tf.mul(softLossWeight, tf.square(temperature)), divergence),
      })
    },
    saveState: () => ({ temperatureScore: tf.clone(score) }),
    loadState({ temperatureScore: saved }) {
      if (saved?.size !== 1) {
        throw new ShapeError(
          `curriculumTemperature: state must have a scalar temperatureScore, got ${saved === undefined ? 'none' : `[${saved.shape.join(', ')}]`}`,
        )
      }
      score.assign(tf.reshape(saved, []))
    },
  }
}

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
