import * as tf from '@tensorflow/tfjs-core'
import * as z from 'zod/mini'
import {
  assertSameShape,
  crossEntropy,
  defineMethod,
  klDivergence,
  option,
  temperature,
  weight,
  type OptionsOf,
} from '@kd/core'

const softensTeacher = temperature(
  10,
  'softens the teacher only; the authors tune its inverse, gamma, from 0.1 to 0.8',
)
const teacherTerm = "weight of the teacher's term (beta), which the authors tune for each pair of models"
const hardLossWeight = weight(1, "weight of the label's term")

/**
 * Transformed teacher matching (TTM, or WTTM if weighted): the temperature softens the teacher alone, so that the student's
 * own, unsoftened prediction learns to be as unsure as the teacher's softened one.
 *
 *     p = softmax(teacher),  p^T = softmax(teacher / temperature),  q = softmax(student)
 *     loss_i   = hardLossWeight * CE(student_i, label_i) + softLossWeight * weight_i * KL(p^T_i || q_i)
 *     weight_i = 1, or if weighted sum_j p_ij^(1 / temperature), from 1 for a sure teacher to C^(1 - 1 / temperature)
 *
 * The divergence equals temperature times that of vanilla distillation (both softened), less (temperature - 1) times the
 * student's Renyi entropy of order 1 / temperature, but for a constant: it rewards an unsure student. There is no factor
 * temperature^2. Parts: `label`, `teacher`.
 *
 * @param options - see {@link TransformedTeacherMatchingOptions}
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when the temperature is not > 0 or a weight is negative
 *
 * @example
 * ```ts
 * import { transformedTeacherMatching } from '@kd/losses'
 *
 * const method = transformedTeacherMatching({ weighted: true, temperature: 5, softLossWeight: 2 })
 * console.log(method.name) // transformed-teacher-matching
 * ```
 *
 * @see Zheng, Yang: Knowledge Distillation Based on Transformed Teacher Matching, ICLR 2024, arXiv 2402.11148, equations 2,
 * 15 and 23; zkxufo/TTM, distiller_zoo/ttm.py and distiller_zoo/wttm.py. The defaults are the paper's values for vgg13 to
 * vgg8 on CIFAR-100 (appendix A.4); it names no general ones.
 */
export const transformedTeacherMatching = defineMethod({
  name: 'transformed-teacher-matching',
  summary: 'soften the teacher only (TTM 2024)',
  source:
    'Zheng, Yang: Knowledge Distillation Based on Transformed Teacher Matching, ICLR 2024, arXiv 2402.11148',
  options: z.discriminatedUnion('weighted', [
    z.strictObject({
      weighted: option(z.literal(false), false, 'every example counts the same (TTM)'),
      temperature: softensTeacher,
      softLossWeight: weight(45, teacherTerm),
      hardLossWeight,
    }),
    z.strictObject({
      weighted: z.literal(true).register(z.globalRegistry, {
        description: "an example counts by how smooth its teacher's prediction is (WTTM)",
      }),
      temperature: softensTeacher,
      softLossWeight: weight(2.25, teacherTerm),
      hardLossWeight,
    }),
  ]),
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }, options) => {
    const { weighted, temperature, softLossWeight, hardLossWeight } = options
    assertSameShape({ teacherLogits: teacherLogits!, studentLogits }, 'transformedTeacherMatching')
    const divergence = klDivergence(tf.div(teacherLogits!, temperature), studentLogits)
    return {
      label: tf.mul(hardLossWeight, crossEntropy(studentLogits, labels)),
      teacher: tf.mul(
        softLossWeight,
        weighted ? tf.mul(powerSum(teacherLogits!, temperature), divergence) : divergence,
      ),
    }
  },
})

/** Options of {@link transformedTeacherMatching}. */
export type TransformedTeacherMatchingOptions = OptionsOf<typeof transformedTeacherMatching>

/** [N] sum_j p_j^(1 / temperature): the paper's measure of how smooth a prediction is. */
function powerSum(logits: tf.Tensor2D, temperature: number): tf.Tensor1D {
  // Its logarithm is a difference of two log-sum-exps, each measured from the largest logit.
  const largest = tf.argMax<tf.Tensor1D>(logits, 1)
  const softened = crossEntropy(tf.div(logits, temperature), largest)
  return tf.exp(tf.sub(softened, tf.div(crossEntropy(logits, largest), temperature)))
}
