import {
  defineMethod,
  InvalidArgumentError,
  optionalOption,
  temperature,
  weight,
  type OptionsOf,
  type RunningMethod,
} from '@kd/core'
import * as z from 'zod/mini'
import { givenTerms } from '../terms/given-terms.js'
import { methodTermNeeds, startMethodTerms } from '../terms/method-terms.js'
import { teacherTerms } from '../terms/mixed-terms.js'
import { scaledTerms, weightedTerms } from '../terms/mixing-terms.js'

const weights = z.array(z.number().check(z.minimum(0))).check(z.minLength(1))

/**
 * One weight for the label and one for each teacher, the same for all examples: what learned mixing has to beat.
 *
 *     loss_i = labelWeight * CE(student_i, label_i)
 *            + sum_m teacherWeights_m * temperature^2 * KL(teacher_im || student_i at temperature)
 *
 * With one teacher it is plain distillation. Parts: `label`, `teacher0`, `teacher1`, ... With `terms` the losses of any methods take the
 * place of the teachers' terms, as in `adaptiveMixing`; the parts then have the names of the methods, in camel case.
 *
 * @param options - see {@link FixedMixingOptions}
 * @returns a method for as many teachers as there are weights, or for any number of them where no weights are given
 * @throws {@link InvalidArgumentError} when a number is out of range, or there is another number of weights than of terms
 *
 * @example
 * ```ts
 * import { fixedMixing } from '@kd/meta-mixing'
 *
 * const method = fixedMixing({ labelWeight: 0.2, teacherWeights: [0.4, 0.4] })
 * console.log(method.needs.teachers) // 2
 * ```
 *
 * @see Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network, arXiv 1503.02531, for one teacher. The defaults are those
 * with which the code of AMAL begins.
 */
export const fixedMixing = defineMethod({
  name: 'fixed-mixing',
  summary: 'one weight for the label and one for each teacher',
  source:
    'Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network, arXiv 1503.02531, for one teacher',
  options: {
    labelWeight: weight(0.1, "weight of the label's term"),
    teacherWeights: optionalOption(
      weights,
      'weight of each teacher; without it 0.9, shared out evenly among the teachers',
    ),
    temperature: temperature(4, 'softens teachers and student; without effect on given terms'),
    terms: givenTerms("methods whose losses are added to the label's, in place of the teachers' terms"),
    termWeights: optionalOption(
      weights,
      'weight of each of terms; without it 0.9, shared out evenly among them',
    ),
  },
  check({ terms, teacherWeights, termWeights }) {
    if (terms !== undefined && teacherWeights !== undefined) {
      throw new InvalidArgumentError('fixedMixing: teacherWeights must not be given with terms, got both', {
        hint: 'termWeights weighs the terms',
      })
    }
    if (termWeights === undefined || termWeights.length === terms?.length) return
    throw new InvalidArgumentError(
      `fixedMixing: termWeights must be ${terms?.length ?? 0}, one for each of terms, got ${termWeights.length}`,
    )
  },
  needs: ({ terms, teacherWeights }) =>
    terms === undefined ? { teachers: teacherWeights?.length ?? 'all' } : methodTermNeeds(terms),
  start(run, options) {
    const { labelWeight, teacherWeights, termWeights } = options
    const given = options.terms && startMethodTerms(options.terms, run, 'fixedMixing')
    const terms = given ?? teacherTerms(run.teachers.length, options.temperature)
    const others = terms.names.length - 1
    const weights = teacherWeights ?? termWeights ?? new Array<number>(others).fill(0.9 / others)
    if (weights.length !== others) {
      throw new InvalidArgumentError(
        `fixedMixing: teachers must be ${weights.length}, one for each of teacherWeights, got ${others}`,
      )
    }
    const mix: RunningMethod = {
      phases: [
        {
          learner: 'student',
          loss: (step) =>
            weightedTerms(terms.names, scaledTerms(terms.losses(step), terms.scales), [
              labelWeight,
              ...weights,
            ]),
        },
      ],
    }
    return given === undefined ? mix : given.around(mix)
  },
})

/** Options of {@link fixedMixing}. */
export type FixedMixingOptions = OptionsOf<typeof fixedMixing>
