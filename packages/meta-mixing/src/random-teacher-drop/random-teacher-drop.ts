import * as tf from '@tensorflow/tfjs-core'
import {
  assertInRange,
  meanLoss,
  randomSource,
  wrapMethod,
  type DistillationMethod,
  type LossTerms,
} from '@kd/core'

/** Options of {@link randomTeacherDrop}. */
export interface RandomTeacherDropOptions {
  /**
   * Chance that a teacher is left out of a batch, in [0, 1).
   * @defaultValue 0.25
   */
  readonly rate?: number
  /** @defaultValue 0 */
  readonly seed?: number | string
}

/**
 * Any mix of teachers with each of them left out of a batch at random: the regularisation of densely guided distillation
 * (DGKD).
 *
 * Parts named `teacher0`, `teacher1`, ... are set to zero for a whole batch, each with the given chance and not scaled up
 * otherwise; other parts stay. What is left out depends on seed, epoch and the ids of the batch alone, so that a resumed
 * run goes on as it would have.
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
export function randomTeacherDrop(
  method: DistillationMethod,
  { rate = 0.25, seed = 0 }: RandomTeacherDropOptions = {},
): DistillationMethod {
  assertInRange(rate, { min: 0, max: 1, maxOpen: true }, 'rate', 'randomTeacherDrop')
  const root = randomSource(seed).split('teacher drop')
  const drop = ({ parts }: LossTerms, epoch: number, ids: Int32Array): LossTerms => {
    const draws = root.split(epoch).split(ids.join())
    const kept = Object.entries(parts).map(([name, losses]) => {
      const isDropped = /^teacher\d+$/.test(name) && draws.split(name).uniform() < rate
      return [name, isDropped ? tf.mul<tf.Tensor1D>(0, losses) : losses] as const
    })
    return meanLoss(Object.fromEntries(kept))
  }
  return wrapMethod(method, {
    name: `dropped-${method.name}`,
    loss: (batch) => drop(method.loss(batch), batch.epoch, batch.ids),
  })
}
