import * as tf from '@tensorflow/tfjs-core'
import {
  defineWrapper,
  fraction,
  studentPhases,
  wrapMethod,
  type ExampleLosses,
  type RandomSource,
} from '@kd/core'

/**
 * Any mix of teachers with each of them left out of a batch at random: the regularisation of densely guided distillation
 * (DGKD).
 *
 * Parts named `teacher0`, `teacher1`, ... are set to zero for a whole batch, each with the given chance and not scaled up
 * otherwise; other parts stay. What is left out depends on the run's seed, the epoch and the ids of the batch alone, so that a
 * resumed run goes on as it would have.
 *
 * @param method - a mix, such as `fixedMixing(...)` or `adaptiveMixing(...)`
 * @param options - see {@link RandomTeacherDropOptions}
 * @returns the combined method, named `dropped-` and the method's name
 * @throws {@link InvalidArgumentError} when the rate is not in [0, 1)
 *
 * @example
 * ```ts
 * import { fixedMixing, randomTeacherDrop } from '@kd/meta-mixing'
 *
 * const dgkd = randomTeacherDrop(fixedMixing({ teacherWeights: [0.3, 0.3, 0.3] }))
 * console.log(dgkd.name) // dropped-fixed-mixing
 * ```
 *
 * @see Son et al.: Densely Guided Knowledge Distillation using Multiple Teacher Assistants, ICCV 2021, arXiv 2009.08825. The rate is
 * that of the baseline in the code of AMAL.
 */
export const randomTeacherDrop = defineWrapper({
  name: 'random-teacher-drop',
  summary: 'any mix of teachers, each left out of batches at random (DGKD 2021)',
  source:
    'Son et al.: Densely Guided Knowledge Distillation using Multiple Teacher Assistants, ICCV 2021, arXiv 2009.08825',
  options: {
    rate: fraction(0.25, 'chance that a teacher is left out of a batch', { below: true }),
  },
  wrap: (method, { rate }) =>
    wrapMethod(method, {
      name: `dropped-${method.name}`,
      start(run, running) {
        const random = run.random.split('teacher drop')
        return {
          phases: studentPhases(running, (step, inner) => {
            const draws = random.split(step.epoch).split(step.ids.join())
            return withoutDropped(inner(step), rate, draws)
          }),
        }
      },
    }),
})

/** Options of {@link randomTeacherDrop}. */
export type RandomTeacherDropOptions = NonNullable<Parameters<typeof randomTeacherDrop>[1]>

function withoutDropped(parts: ExampleLosses, rate: number, draws: RandomSource): ExampleLosses {
  return Object.fromEntries(
    Object.entries(parts).map(([name, losses]) => {
      const isDropped = /^teacher\d+$/.test(name) && draws.split(name).uniform() < rate
      return [name, isDropped ? tf.mul<tf.Tensor1D>(0, losses) : losses]
    }),
  )
}
