import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, InvalidArgumentError, optionalOption, temperature, type OptionsOf } from '@kd/core'
import * as z from 'zod/mini'
import { mixingTerms, termNames, weightedTerms } from '../terms/mixing-terms.js'

/**
 * Homoscedastic uncertainty: each term has a variance that is trained with the student, on the training data.
 *
 *     loss_i = sum_k exp(-s_k) loss_ik + s_k / 2,   s_k = log variance_k
 *
 * with the terms CE(student_i, label_i) and temperature^2 * KL(teacher_im || student_i at temperature). Gradients reach
 * s_k, so a term that stays large is heard less. Parts: `label`, `teacher0`, ..., and `uncertainty`, the sum of s_k / 2,
 * which may be negative.
 *
 * The s_k are the variable `logVariances` of the method and follow the student's optimizer, weight decay included, which pulls them
 * to 0.
 *
 * @param options - see {@link UncertaintyWeightingOptions}
 * @returns a method for one or several teachers
 * @throws {@link InvalidArgumentError} when an option is out of range, and at the start of a run with another number of teachers than
 * `logVariances` is for
 *
 * @example
 * ```ts
 * import { uncertaintyWeighting } from '@kd/meta-mixing'
 *
 * // Of two teachers the second is heard little at the start.
 * const method = uncertaintyWeighting({ logVariances: [0, 0, 2] })
 * console.log(method.needs.teachers) // 2
 * ```
 *
 * @see Kendall, Gal, Cipolla: Multi-Task Learning Using Uncertainty to Weigh Losses for Scene Geometry and Semantics, CVPR 2018,
 * arXiv 1705.07115; the form for classification. Using it on the terms of distillation is our choice.
 */
export const uncertaintyWeighting = defineMethod({
  name: 'uncertainty-weighting',
  summary: 'each term weighed by a variance that is trained with the student (Kendall 2018)',
  source:
    'Kendall, Gal, Cipolla: Multi-Task Learning Using Uncertainty to Weigh Losses for Scene Geometry and Semantics, CVPR 2018',
  options: {
    temperature: temperature(4),
    logVariances: optionalOption(
      z.array(z.number()).check(z.minLength(2)),
      "logarithm of the variance that the label's and each teacher's term begin with; without it all 0, which weighs every term by 1",
    ),
  },
  needs: ({ logVariances }) => ({ teachers: logVariances === undefined ? 'all' : logVariances.length - 1 }),
  start(run, { temperature, logVariances }) {
    const names = termNames(run.teachers.length)
    const initial = logVariances ?? new Array<number>(names.length).fill(0)
    if (initial.length !== names.length) {
      throw new InvalidArgumentError(
        `uncertaintyWeighting: logVariances must be ${names.length} numbers for the label and each teacher, got [${initial.join(', ')}]`,
      )
    }
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([...initial])))
    return {
      variables: { logVariances: variable },
      phases: [
        {
          learner: 'student',
          loss(step) {
            const terms = mixingTerms(step, temperature)
            const weights = tf.split(tf.exp(tf.neg(variable)), terms.length)
            const regularization = tf.div(tf.sum(variable), 2)
            return {
              ...weightedTerms(names, terms, weights),
              uncertainty: tf.mul(regularization, tf.onesLike(terms[0]!)),
            }
          },
        },
      ],
    }
  },
})

/** Options of {@link uncertaintyWeighting}. */
export type UncertaintyWeightingOptions = OptionsOf<typeof uncertaintyWeighting>
