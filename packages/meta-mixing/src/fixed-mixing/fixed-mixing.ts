import {
  defineMethod,
  InvalidArgumentError,
  optionalOption,
  temperature,
  weight,
  type OptionsOf,
} from '@kd/core'
import * as z from 'zod/mini'
import { mixingTerms, termNames, weightedTerms } from '../terms/mixing-terms.js'

/**
 * One weight for the label and one for each teacher, the same for all examples: what learned mixing has to beat.
 *
 *     loss_i = labelWeight * CE(student_i, label_i)
 *            + sum_m teacherWeights_m * temperature^2 * KL(teacher_im || student_i at temperature)
 *
 * With one teacher it is plain distillation. Parts: `label`, `teacher0`, `teacher1`, ...
 *
 * @param options - see {@link FixedMixingOptions}
 * @returns a method for as many teachers as there are weights, or for any number of them where no weights are given
 * @throws {@link InvalidArgumentError} when the list of weights is empty or a number is out of range
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
      z.array(z.number().check(z.minimum(0))).check(z.minLength(1)),
      'weight of each teacher; without it 0.9, shared out evenly among the teachers',
    ),
    temperature: temperature(4),
  },
  needs: ({ teacherWeights }) => ({ teachers: teacherWeights?.length ?? 'all' }),
  loss(step, { labelWeight, teacherWeights, temperature }) {
    const teachers = step.teacherLogits.length
    const weights = teacherWeights ?? new Array<number>(teachers).fill(0.9 / teachers)
    if (weights.length !== teachers) {
      throw new InvalidArgumentError(
        `fixedMixing: teachers must be ${weights.length}, one for each of teacherWeights, got ${teachers}`,
      )
    }
    return weightedTerms(termNames(teachers), mixingTerms(step, temperature), [labelWeight, ...weights])
  },
})

/** Options of {@link fixedMixing}. */
export type FixedMixingOptions = OptionsOf<typeof fixedMixing>
